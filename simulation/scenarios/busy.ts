import { type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { Simulation } from "../simulation.ts";

/** Holds the tasks that run on a node against its CPUs. */
export class Busy {
  readonly #cpus: number;
  readonly #workers: Map<NodeNumber, Set<PlaceId>> = new Map();

  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  /** @throws Error when there are more than there may be */
  begin(worker: PlaceId, { nodes }: Simulation): void {
    const node = nodeOf(worker);
    const workers = this.#workers.get(node) ?? new Set();
    this.#workers.set(node, workers);
    if (workers.has(worker)) throw new Error(`worker ${worker} runs two tasks at once`);
    workers.add(worker);
    if (workers.size <= this.#cpus) return;
    // Those that have crashed have not ended what they ran.
    const alive = new Set(nodes.get(node)?.workers);
    for (const each of workers) if (!alive.has(each)) workers.delete(each);
    if (workers.size > this.#cpus) throw new Error(`${workers.size} tasks at once on node ${node}, which has ${this.#cpus} CPUs`);
  }

  end(worker: PlaceId): void {
    this.#workers.get(nodeOf(worker))?.delete(worker);
  }
}
