/** What places may say to each other: contracts by name, hot messages by number. */
export type { ActorLookup, ActorSpec, ActorSpecWire, ActorStateWire, ActorsContract } from "./actors.ts";
export type {
  ClusterContract,
  ClusterStatus,
  HostedWire,
  MemberContract,
  NodeReportWire,
  NodeSpecWire,
  NodeStateWire,
  NodeStatus,
  PeerInfo,
  PendingDemand,
  PendingStatus,
  RegistrationWire,
  SeatsContract,
  WorkerRowWire,
} from "./cluster.ts";
export { CONTRACT_SHAPES } from "./contract_shapes.ts";
export { DRAINED, endsAsAsked, STOPPED } from "./ends.ts";
export type { FunctionsContract } from "./functions.ts";
export type { KvContract, KvValue } from "./kv.ts";
export type { ExitWire, NodeContract, PlaceContract, Welcome } from "./node.ts";
export { type ObjectRow, type ObjectsContract, PRIVATE_SLOT, type SealedWire } from "./objects.ts";
export { ActorsOp, ATTEMPT_SHIFT, type Attempt, attemptIn, CallerOp, ExecutorOp, OUT_OF_ORDER, SchedulerOp, TaskFlag } from "./ops.ts";
export type { Allotment, AllotmentAsk, BundlesContract, GlobalSchedulerContract, PlacementDemand } from "./placement.ts";
export type { PlacementGroupInfo, PlacementGroupsContract } from "./placement_groups.ts";
export type { Notice, PubSubContract, SubscriberContract, Topic } from "./pubsub.ts";
export { ORPHAN_GRACE_MS, type SchedulerContract, type TaskStop } from "./scheduler.ts";
export type { StateContract } from "./state.ts";
export { RUN_WIDTH, RunOutcome } from "./task_runs.ts";
export type { LocatedWire, NodeObjectsContract } from "./transfer.ts";
