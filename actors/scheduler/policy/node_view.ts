import type { ResourceSet } from "../../../runtime/resources/mod.ts";

/** A node as a policy sees it: what it has, what of that is free, and what may be said of it. */
export interface NodeView {
  readonly nodeId: string;
  readonly total: ResourceSet;
  readonly available: ResourceSet;
  readonly labels: Readonly<Record<string, string>>;
  readonly alive: boolean;
  /** It takes nothing new: it is about to go. */
  readonly draining: boolean;
}

/** Where something is to run. `now`: there is room at this moment; else it waits there until there is. */
export interface Choice {
  readonly nodeId: string;
  readonly now: boolean;
}

/** Picks a node for a demand; none when no node of the list can ever have it. */
export type Policy = (nodes: readonly NodeView[], demand: ResourceSet) => Choice | undefined;

export function usable(node: NodeView): boolean {
  return node.alive && !node.draining;
}

/** Whether the node could ever have it. */
export function feasible(node: NodeView, demand: ResourceSet): boolean {
  return usable(node) && demand.fits(node.total);
}

/** Whether the node has it free. */
export function fitsNow(node: NodeView, demand: ResourceSet): boolean {
  return usable(node) && demand.fits(node.available);
}

/** How much of the scarcest resource is in use: 0 idle, 1 full. Custom resources count like CPUs. */
export function utilisation(node: NodeView): number {
  let most = 0;
  for (const name of node.total.names()) {
    const total = node.total.get(name);
    most = Math.max(most, 1 - node.available.get(name) / total);
  }
  return most;
}

/** One order for all, so that equals are told apart the same way everywhere. */
export function byId(a: NodeView, b: NodeView): number {
  return a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0;
}
