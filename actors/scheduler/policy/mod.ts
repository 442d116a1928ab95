/** Scheduling policies: pure functions over views of nodes, one a file. */
export { type BundlePlacement, placeBundles } from "./bundles.ts";
export { type HybridOptions, hybrid } from "./hybrid.ts";
export { type LabelOptions, labels, matching } from "./labels.ts";
export { type LocalityOptions, locality } from "./locality.ts";
export { type NodeAffinityOptions, nodeAffinity } from "./node_affinity.ts";
export { type Choice, feasible, fitsNow, type NodeView, type Policy, usable, utilisation } from "./node_view.ts";
export { spread } from "./spread.ts";
