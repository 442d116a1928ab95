/**
 * The error vocabulary: every way in which Mobula can fail, each a class with a
 * stable code, structured fields and a message that says what to do next. All of
 * them can be taken apart into plain parts and put together again elsewhere.
 */
export * from "./actor_errors.ts";
export { bytes as formatBytes, type FieldsOf, MobulaError, type MobulaErrorFields } from "./base.ts";
export * from "./cluster_errors.ts";
export { type Death, type DeathCause, describeDeath } from "./death.ts";
export * from "./node_errors.ts";
export * from "./object_errors.ts";
export { type ErrorByCode, type ErrorCode, errorClasses } from "./registry.ts";
export * from "./setup_errors.ts";
export * from "./storage_error.ts";
export {
  type CancelReason,
  FunctionNotFoundError,
  TaskCancelledError,
  TaskError,
  TaskUnschedulableError,
} from "./task_errors.ts";
export * from "./value_errors.ts";
export { fromWire, isMobulaError, toWire, type WireError } from "./wire.ts";
