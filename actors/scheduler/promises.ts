import type { Clock } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import type { NodeView } from "./policy/mod.ts";

/** What a node was chosen for is counted as taken for this long: until then its own report may not show it. */
const PROMISE_MS = 100;

export interface PromiseOptions {
  readonly resources: ResourceSet;
  readonly tasks: number;
  readonly clock: Pick<Clock, "after">;
  /** What was promised is not counted any more. */
  expired(): void;
}

/** What nodes were chosen for a moment ago, so that two who ask at once are not both sent to the same free CPU. */
export class Promises {
  readonly #byNode: Map<string, ResourceSet[]> = new Map();

  add(nodeId: string, { resources, tasks, clock, expired }: PromiseOptions): void {
    if (resources.isEmpty) return;
    const given = this.#byNode.get(nodeId) ?? [];
    this.#byNode.set(nodeId, given);
    for (let i = 0; i < tasks; i++) given.push(resources);
    clock.after(PROMISE_MS, () => {
      for (let i = 0, at = given.indexOf(resources); i < tasks && at >= 0; i++, at = given.indexOf(resources)) given.splice(at, 1);
      if (given.length === 0 && this.#byNode.get(nodeId) === given) this.#byNode.delete(nodeId);
      expired();
    });
  }

  /** The node has told what it has free: what it was chosen for shows there, or will at once. */
  reported(nodeId: string): void {
    const given = this.#byNode.get(nodeId);
    if (given !== undefined) given.length = 0;
  }

  /** The nodes with what is promised taken from what they have free. */
  apply(nodes: readonly NodeView[]): readonly NodeView[] {
    if (this.#byNode.size === 0) return nodes;
    return nodes.map((node) => {
      let { available } = node;
      for (const promised of this.#byNode.get(node.nodeId) ?? []) if (promised.fits(available)) available = available.subtract(promised);
      return available === node.available ? node : { ...node, available };
    });
  }
}
