import type { Random } from "../../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../../runtime/resources/mod.ts";
import { byId, type Choice, feasible, fitsNow, type NodeView, utilisation } from "./node_view.ts";

export interface HybridOptions {
  readonly random: Random;
  /** The node that asks: taken among equals, so that nothing travels without need. */
  readonly local?: string | undefined;
  /** Below this utilisation nodes are equals, and are filled one after the other. Default 0.5. */
  readonly spreadThreshold?: number;
  /** Among how large a share of the nodes chance decides. Default 0.2. */
  readonly topShare?: number;
}

/**
 * Ray's default: pack to half, then spread. A node's score is 0 while less than half of it is used, and its
 * utilisation above that. The node that asks is taken if no other scores lower; otherwise chance picks one of the
 * best fifth, so that many schedulers with the same view do not all fill the same node.
 *
 * Nodes with room come first; where there is none, the demand waits at the best of those that could have it. What
 * needs no GPU avoids nodes that have some, as long as others do.
 */
export function hybrid(nodes: readonly NodeView[], demand: ResourceSet, options: HybridOptions): Choice | undefined {
  const free = nodes.filter((node) => fitsNow(node, demand));
  const now = free.length > 0;
  const able = now ? free : nodes.filter((node) => feasible(node, demand));
  if (able.length === 0) return undefined;
  const plain = demand.get("GPU") > 0 ? able : able.filter((node) => node.total.get("GPU") === 0);
  return { nodeId: best(plain.length > 0 ? plain : able, options), now };
}

function best(nodes: readonly NodeView[], options: HybridOptions): string {
  const scored = nodes.map((node) => ({ node, score: scoreOf(node, options.spreadThreshold) }));
  scored.sort((a, b) => a.score - b.score || byId(a.node, b.node));
  const lowest = (scored[0] as (typeof scored)[number]).score;
  const own = scored.find(({ node }) => node.nodeId === options.local);
  if (own !== undefined && own.score <= lowest) return own.node.nodeId;
  return (scored[pickAmong(scored.length, options)] as (typeof scored)[number]).node.nodeId;
}

/** How full a node counts as: not at all below the threshold. */
export function scoreOf(node: NodeView, spreadThreshold: number = SPREAD_THRESHOLD): number {
  const used = utilisation(node);
  return used < spreadThreshold ? 0 : used;
}

/** Which of so many nodes chance picks, the best being the first. */
export function pickAmong(count: number, { random, topShare = TOP_SHARE }: Pick<HybridOptions, "random" | "topShare">): number {
  return Math.floor(random() * Math.max(1, Math.floor(count * topShare)));
}

const SPREAD_THRESHOLD = 0.5;
const TOP_SHARE = 0.2;
