import type { ResourceSet } from "../../../runtime/resources/mod.ts";
import { byId, type Choice, feasible, fitsNow, type NodeView } from "./node_view.ts";

/** One after the other: the next node after `last`, in the order of ids, that has room; else that could have it. */
export function spread(nodes: readonly NodeView[], demand: ResourceSet, { last }: { readonly last?: string | undefined } = {}): Choice | undefined {
  const free = nodes.filter((node) => fitsNow(node, demand));
  const now = free.length > 0;
  const able = (now ? free : nodes.filter((node) => feasible(node, demand))).sort(byId);
  const next = able.find((node) => last === undefined || node.nodeId > last) ?? able[0];
  return next && { nodeId: next.nodeId, now };
}
