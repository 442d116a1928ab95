/** Scheduling policies: pure functions over views of nodes, one a file. */
export { type BundlePlacement, placeBundles } from "./bundles.ts";
export { hybrid, type HybridOptions } from "./hybrid.ts";
export { labels, type LabelOptions, matching } from "./labels.ts";
export { locality, type LocalityOptions } from "./locality.ts";
export { nodeAffinity, type NodeAffinityOptions } from "./node_affinity.ts";
export { type Choice, feasible, fitsNow, type NodeView, type Policy, usable, utilisation } from "./node_view.ts";
export { spread } from "./spread.ts";
