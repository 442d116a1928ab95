/** What places may say to each other: contracts by name, hot messages by number. */
export type { ActorLookup, ActorSpec, ActorSpecWire, ActorStateWire, ActorsContract } from "./actors.ts";
export type { FunctionsContract } from "./functions.ts";
export type { ExitWire, NodeContract, PlaceContract, Welcome } from "./node.ts";
export type { ObjectsContract } from "./objects.ts";
export { ActorsOp, ATTEMPT_SHIFT, CallerOp, ExecutorOp, SchedulerOp, TaskFlag } from "./ops.ts";
export type { BundlesContract, GlobalSchedulerContract, PlacementDemand } from "./placement.ts";
export type { PlacementGroupInfo, PlacementGroupsContract } from "./placement_groups.ts";
export type { SchedulerContract } from "./scheduler.ts";
