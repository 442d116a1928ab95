import { type LabelSelector, matchesLabels, parseSelector } from "../../../runtime/options/mod.ts";
import type { ResourceSet } from "../../../runtime/resources/mod.ts";
import type { Choice, NodeView, Policy } from "./node_view.ts";

export interface LabelOptions {
  /** Tried in order: the first for which some node that matches could have the demand. */
  readonly selectors: readonly LabelSelector[];
  /** Picks among the nodes that match. */
  readonly among: Policy;
}

/** A node whose labels meet a selector. */
export function labels(nodes: readonly NodeView[], demand: ResourceSet, options: LabelOptions): Choice | undefined {
  for (const selector of options.selectors) {
    const choice = options.among(matching(nodes, selector), demand);
    if (choice !== undefined) return choice;
  }
  return undefined;
}

/** The nodes whose labels meet every condition of the selector. */
export function matching(nodes: readonly NodeView[], selector: LabelSelector): NodeView[] {
  const conditions = parseSelector(selector);
  return nodes.filter((node) => matchesLabels(conditions, node.labels));
}
