import * as actors from "./actor_errors.ts";
import { MobulaError } from "./base.ts";
import * as cluster from "./cluster_errors.ts";
import * as nodes from "./node_errors.ts";
import * as objects from "./object_errors.ts";
import * as setup from "./setup_errors.ts";
import * as storage from "./storage_error.ts";
import * as tasks from "./task_errors.ts";
import * as values from "./value_errors.ts";

/** The class behind each code. */
export interface ErrorByCode {
  MOBULA_ERROR: MobulaError;
  TASK_ERROR: tasks.TaskError;
  TASK_CANCELLED: tasks.TaskCancelledError;
  TASK_UNSCHEDULABLE: tasks.TaskUnschedulableError;
  FUNCTION_NOT_FOUND: tasks.FunctionNotFoundError;
  ACTOR_DIED: actors.ActorDiedError;
  ACTOR_UNAVAILABLE: actors.ActorUnavailableError;
  ACTOR_NOT_FOUND: actors.ActorNotFoundError;
  ACTOR_NAME_TAKEN: actors.ActorNameTakenError;
  ACTOR_UNSCHEDULABLE: actors.ActorUnschedulableError;
  PENDING_CALLS_LIMIT_EXCEEDED: actors.PendingCallsLimitExceededError;
  WORKER_CRASHED: nodes.WorkerCrashedError;
  NODE_DIED: nodes.NodeDiedError;
  OUT_OF_MEMORY: nodes.OutOfMemoryError;
  OBJECT_LOST: objects.ObjectLostError;
  OBJECT_RECONSTRUCTION_FAILED: objects.ObjectReconstructionFailedError;
  OWNER_DIED: objects.OwnerDiedError;
  OBJECT_FREED: objects.ObjectFreedError;
  OBJECT_FETCH_TIMED_OUT: objects.ObjectFetchTimedOutError;
  OBJECT_STORE_FULL: objects.ObjectStoreFullError;
  OUT_OF_DISK: objects.OutOfDiskError;
  GET_TIMEOUT: objects.GetTimeoutError;
  ALREADY_INITIALIZED: setup.AlreadyInitializedError;
  NOT_INITIALIZED: setup.NotInitializedError;
  RUNTIME_ENV_SETUP: setup.RuntimeEnvSetupError;
  CLUSTER_UNAVAILABLE: cluster.ClusterUnavailableError;
  AUTHENTICATION_ERROR: cluster.AuthenticationError;
  PROTOCOL_ERROR: cluster.ProtocolError;
  PLACEMENT_GROUP_ERROR: cluster.PlacementGroupError;
  STORAGE_ERROR: storage.StorageError;
  SERIALIZATION_ERROR: values.SerializationError;
  QUEUE_FULL: values.QueueFullError;
  QUEUE_EMPTY: values.QueueEmptyError;
}

/** Every code an error of this release can carry. */
export type ErrorCode = keyof ErrorByCode;

/** An error class seen as what rebuilding needs: a prototype, a name and a code. */
export interface ErrorClass {
  readonly name: string;
  readonly code: string;
  readonly prototype: MobulaError;
}

const CLASSES: { readonly [C in ErrorCode]: ErrorClass } = {
  MOBULA_ERROR: MobulaError,
  TASK_ERROR: tasks.TaskError,
  TASK_CANCELLED: tasks.TaskCancelledError,
  TASK_UNSCHEDULABLE: tasks.TaskUnschedulableError,
  FUNCTION_NOT_FOUND: tasks.FunctionNotFoundError,
  ACTOR_DIED: actors.ActorDiedError,
  ACTOR_UNAVAILABLE: actors.ActorUnavailableError,
  ACTOR_NOT_FOUND: actors.ActorNotFoundError,
  ACTOR_NAME_TAKEN: actors.ActorNameTakenError,
  ACTOR_UNSCHEDULABLE: actors.ActorUnschedulableError,
  PENDING_CALLS_LIMIT_EXCEEDED: actors.PendingCallsLimitExceededError,
  WORKER_CRASHED: nodes.WorkerCrashedError,
  NODE_DIED: nodes.NodeDiedError,
  OUT_OF_MEMORY: nodes.OutOfMemoryError,
  OBJECT_LOST: objects.ObjectLostError,
  OBJECT_RECONSTRUCTION_FAILED: objects.ObjectReconstructionFailedError,
  OWNER_DIED: objects.OwnerDiedError,
  OBJECT_FREED: objects.ObjectFreedError,
  OBJECT_FETCH_TIMED_OUT: objects.ObjectFetchTimedOutError,
  OBJECT_STORE_FULL: objects.ObjectStoreFullError,
  OUT_OF_DISK: objects.OutOfDiskError,
  GET_TIMEOUT: objects.GetTimeoutError,
  ALREADY_INITIALIZED: setup.AlreadyInitializedError,
  NOT_INITIALIZED: setup.NotInitializedError,
  RUNTIME_ENV_SETUP: setup.RuntimeEnvSetupError,
  CLUSTER_UNAVAILABLE: cluster.ClusterUnavailableError,
  AUTHENTICATION_ERROR: cluster.AuthenticationError,
  PROTOCOL_ERROR: cluster.ProtocolError,
  PLACEMENT_GROUP_ERROR: cluster.PlacementGroupError,
  STORAGE_ERROR: storage.StorageError,
  SERIALIZATION_ERROR: values.SerializationError,
  QUEUE_FULL: values.QueueFullError,
  QUEUE_EMPTY: values.QueueEmptyError,
};

const BY_NAME: ReadonlyMap<string, ErrorClass> = new Map(Object.values(CLASSES).map((errorClass) => [errorClass.name, errorClass]));

/** The class of that name, if this release has it. */
export function errorClass(name: string): ErrorClass | undefined {
  return BY_NAME.get(name);
}

/** Every error class of this release. */
export function errorClasses(): readonly ErrorClass[] {
  return [...BY_NAME.values()];
}
