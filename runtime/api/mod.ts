/** The public functions, as users call them. */
export { exitActor, getActor, kill, listNamedActors } from "./actors.ts";
export {
  availableResources,
  clusterResources,
  isInitialized,
  type NodeInfo,
  nodes,
  type TraceEvent,
  timeline,
} from "./cluster.ts";
export { get } from "./get.ts";
export { type Kv, type KvValue, kv } from "./kv.ts";
export { mapUnordered } from "./map_unordered.ts";
export { cancel, free, put } from "./objects.ts";
export {
  getPlacementGroup,
  type PlacementGroupInfo,
  placementGroup,
  placementGroupTable,
  removePlacementGroup,
} from "./placement_groups.ts";
export { getRuntimeContext, type RuntimeContext } from "./runtime_context.ts";
export { asCompleted, wait } from "./wait.ts";
