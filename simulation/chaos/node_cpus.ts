import { type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { Ledger } from "./ledger.ts";

/** Holds the tasks that run on each node against its CPUs, each of them taking one. */
export class NodeCpus {
  readonly #ledger: Ledger;
  readonly #cpus: number;
  readonly #running: Map<NodeNumber, Map<PlaceId, string>> = new Map();

  constructor(ledger: Ledger, cpus: number) {
    this.#ledger = ledger;
    this.#cpus = cpus;
  }

  /** A task begins; returns what to call when it ends. */
  begin(place: PlaceId, id: string): () => void {
    const node = nodeOf(place);
    let running = this.#running.get(node);
    if (running === undefined) this.#running.set(node, (running = new Map()));
    const other = running.get(place);
    if (other !== undefined) this.#ledger.violate(`worker ${place} runs ${id} while it runs ${other}`);
    running.set(place, id);
    if (running.size > this.#cpus)
      this.#ledger.violate(`node ${node} has ${this.#cpus} CPUs and runs ${[...running].map((each) => each.join(": ")).join(", ")}`);
    return () => running.delete(place);
  }

  /** That thread is no more, nor what it ran. */
  lost(place: PlaceId): void {
    this.#running.get(nodeOf(place))?.delete(place);
  }
}
