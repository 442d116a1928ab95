import type { ResourceSet } from "../../../runtime/resources/mod.ts";
import { byId, type Choice, fitsNow, type NodeView, type Policy } from "./node_view.ts";

export interface LocalityOptions {
  /** Bytes of the arguments that each node has already. */
  readonly bytes: ReadonlyMap<string, number>;
  /** Picks where no node with room has any of them. */
  readonly otherwise: Policy;
}

/** The node with room that has most of the arguments' bytes: moving the task is cheaper than moving them. */
export function locality(nodes: readonly NodeView[], demand: ResourceSet, { bytes, otherwise }: LocalityOptions): Choice | undefined {
  let nodeId: string | undefined;
  let most = 0;
  for (const node of [...nodes].sort(byId)) {
    const here = bytes.get(node.nodeId) ?? 0;
    if (here <= most || !fitsNow(node, demand)) continue;
    most = here;
    nodeId = node.nodeId;
  }
  return nodeId === undefined ? otherwise(nodes, demand) : { nodeId, now: true };
}
