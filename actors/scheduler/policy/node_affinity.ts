import type { ResourceSet } from "../../../runtime/resources/mod.ts";
import { type Choice, feasible, fitsNow, type NodeView, type Policy } from "./node_view.ts";

export interface NodeAffinityOptions {
  readonly nodeId: string;
  /** Elsewhere, as `otherwise` picks, when the node is gone or too small. */
  readonly soft: boolean;
  readonly otherwise: Policy;
}

/** The node that was named. None when it can never be that one and the affinity is hard. */
export function nodeAffinity(nodes: readonly NodeView[], demand: ResourceSet, { nodeId, soft, otherwise }: NodeAffinityOptions): Choice | undefined {
  const named = nodes.find((node) => node.nodeId === nodeId);
  if (named !== undefined && feasible(named, demand)) return { nodeId, now: fitsNow(named, demand) };
  return soft ? otherwise(nodes, demand) : undefined;
}
