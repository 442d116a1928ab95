/** Scheduling policies: pure functions over views of nodes, one a file. */
export { type BundlePlacement, placeBundles } from "./bundles.ts";
export { type HybridOptions, hybrid, pickAmong, scoreOf } from "./hybrid.ts";
export { type LabelOptions, labels, matching } from "./labels.ts";
export { type LocalityOptions, locality } from "./locality.ts";
export { type NodeAffinityOptions, nodeAffinity } from "./node_affinity.ts";
export { byId, type Choice, feasible, fitsNow, type NodeView, type Policy, usable, utilisation } from "./node_view.ts";
export { spread } from "./spread.ts";
