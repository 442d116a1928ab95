/**
 * The global control store: tables of what the cluster knows of itself, kept through restarts by a storage
 * behind one port. `Gcs` is the whole of it as one deterministic class, to be wrapped as a system actor.
 */
export type { ActorInfo, ActorSpec } from "./actor_record.ts";
export { ACTOR_MOVES, type ActorState, type RestartBudget, stateAfterLoss } from "./actor_state.ts";
export type { ActorLoss, ActorRegistration, ActorSeat, ActorTable } from "./actor_table.ts";
export { ownBytes } from "./bytes.ts";
export type { Counters } from "./counters.ts";
export type { DeathRecord } from "./death.ts";
export type { ErrorInfo, ErrorSpec, ErrorTable } from "./error_table.ts";
export type { Fallout, FreedGroup, StoppedActor } from "./fallout.ts";
export type { FunctionInfo, FunctionSpec, FunctionTable } from "./function_table.ts";
export { Gcs, type GcsOptions, type JobRefusal } from "./gcs.ts";
export type { JobInfo, JobSpec } from "./job_record.ts";
export { JOB_MOVES, type JobStatus } from "./job_state.ts";
export type { JobEnd, JobTable } from "./job_table.ts";
export { KvService } from "./kv_service.ts";
export type { KvKey, KvTable, KvValue } from "./kv_table.ts";
export { DEFAULT_GCS_LIMITS, type GcsLimits, LimitExceededError, type LimitMet } from "./limits.ts";
export { type Columns, type Filter, type Listing, type ListOptions, listRows, parseFilter } from "./listing.ts";
export type { NodeDrain, NodeDraining, NodeInfo, NodeSpec } from "./node_record.ts";
export { NODE_MOVES, type NodeState } from "./node_state.ts";
export type { NodeRegistration, NodeReport, NodeTable } from "./node_table.ts";
export type { Bundle, PlacementGroupInfo, PlacementGroupSpec, PlacementStrategy } from "./placement_group_record.ts";
export { PLACEMENT_GROUP_MOVES, type PlacementGroupState } from "./placement_group_state.ts";
export type { PlacementGroupRegistration, PlacementGroupTable } from "./placement_group_table.ts";
export type { Notice, PubSub, Topic } from "./pubsub.ts";
export { PubSubService, type PubSubServiceOptions } from "./pubsub_service.ts";
export { type Resources, sumResources } from "./resources.ts";
export { STATE_KINDS, type StateApi, type StateKind } from "./state_api.ts";
export { IllegalMoveError, isFinal, type Moves, mayMove } from "./state_machine.ts";
export type {
  Mutation,
  Storage,
  StorageChoice,
  StorageFailure,
  StorageLease,
  StorageOptions,
  StoredRow,
} from "./storage/mod.ts";
export { MemoryStorage, openStorage, parseStorage, StorageError } from "./storage/mod.ts";
export { Subscriber, type TopicListener } from "./subscriber.ts";
export { type Summary, type SummaryLine, summarizeStates } from "./summary.ts";
export type { TaskInfo } from "./task_columns.ts";
export type { TaskEvent, TaskEvents, TaskFacts, TaskLoss } from "./task_events.ts";
export type { TaskRuns } from "./task_runs.ts";
export { TASK_STATES, type TaskState } from "./task_state.ts";
export { type TraceEvent, timeline } from "./timeline.ts";
export type { WorkerInfo, WorkerKind, WorkerSpec, WorkerState } from "./worker_record.ts";
export type { WorkerTable } from "./worker_table.ts";
