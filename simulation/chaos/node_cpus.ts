import { type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { Ledger } from "./ledger.ts";

interface Task {
  readonly id: string;
  readonly waits: boolean;
}

/**
 * Holds the tasks that run on each node against its CPUs, each of them taking one. A task whose arguments were long on their
 * way has given its CPU back meanwhile, and goes on beside who has it now: those that take large values don't count.
 */
export class NodeCpus {
  readonly #ledger: Ledger;
  readonly #cpus: number;
  readonly #running: Map<NodeNumber, Map<PlaceId, Task>> = new Map();

  constructor(ledger: Ledger, cpus: number) {
    this.#ledger = ledger;
    this.#cpus = cpus;
  }

  /** A task begins; returns what to call when it ends. */
  begin(place: PlaceId, id: string, { waits = false }: { waits?: boolean } = {}): () => void {
    const node = nodeOf(place);
    let running = this.#running.get(node);
    if (running === undefined) this.#running.set(node, (running = new Map()));
    const other = running.get(place);
    if (other !== undefined) this.#ledger.violate(`worker ${place} runs ${id} while it runs ${other.id}`);
    running.set(place, { id, waits });
    const counted = [...running].filter(([, task]) => !task.waits);
    if (counted.length > this.#cpus)
      this.#ledger.violate(`node ${node} has ${this.#cpus} CPUs and runs ${counted.map(([at, task]) => `${at}: ${task.id}`).join(", ")}`);
    return () => running.delete(place);
  }

  /** That thread is no more, nor what it ran. */
  lost(place: PlaceId): void {
    this.#running.get(nodeOf(place))?.delete(place);
  }
}
