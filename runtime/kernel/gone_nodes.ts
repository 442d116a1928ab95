import type { NodeNumber } from "./ids.ts";

/** So many deaths are told in full: those of the nodes that went last. */
const TOLD = 256;

/** The nodes that are gone. Each is known for good, as its number is not given again; why it went, for a while. */
export class GoneNodes {
  readonly #nodes: Set<NodeNumber> = new Set();
  readonly #errors: Map<NodeNumber, unknown> = new Map();

  add(node: NodeNumber, error: unknown): void {
    this.#nodes.add(node);
    this.#errors.set(node, error);
    for (const oldest of this.#errors.keys()) {
      if (this.#errors.size <= TOLD) return;
      this.#errors.delete(oldest);
    }
  }

  has(node: NodeNumber): boolean {
    return this.#nodes.has(node);
  }

  /** What questions to such a node fail with. */
  errorOf(node: NodeNumber): unknown {
    return this.#errors.get(node) ?? new Error(`node ${node} is gone, as are more than ${TOLD} others since`);
  }
}
