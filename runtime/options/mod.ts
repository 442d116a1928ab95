/**
 * Options: what users may pass, checked on the spot and made plain. For each
 * kind there is a public type, a `check…` that throws `TypeError` or
 * `RangeError` in the user's terms, and a `resolve…` that puts the defaults in
 * place and gives data that can travel. `.options(…)` is `check…CallOptions`,
 * then `mergeOptions` over the definition's, then `resolve…`.
 */
export {
  type ActorCallOptions,
  type ActorIsolation,
  type ActorOptions,
  checkActorCallOptions,
  checkActorOptions,
  type ResolvedActorOptions,
  resolveActorOptions,
} from "./actor_options.ts";
export { isPlainObject, mergeOptions } from "./bag.ts";
export { MAX_NAME_LENGTH } from "./fields.ts";
export {
  type ClusterAddress,
  checkInitOptions,
  type InitOptions,
  parseAddress,
  parseStorage,
  type ResolvedInitOptions,
  resolveInitOptions,
  type StorageChoice,
  urlsOf,
} from "./init_options.ts";
export * from "./kv_options.ts";
export { type LabelCondition, type LabelSelector, matchesLabels, parseSelector } from "./label_selector.ts";
export {
  checkMethodOptions,
  type MethodDefaults,
  type MethodOptions,
  type ResolvedMethodOptions,
  resolveMethodOptions,
  type StatedMethodOptions,
} from "./method_options.ts";
export * from "./object_options.ts";
export {
  type Bundle,
  type PlacementGroupOptions,
  type PlacementGroupRequest,
  type PlacementStrategy,
  resolvePlacementGroup,
} from "./placement_group_options.ts";
export { closest } from "./problem.ts";
export { type ErrorKinds, isRetryable, type ResourceOptions } from "./resolved.ts";
export { environmentKey, environmentOf, inheritEnv, needsProcess, type RuntimeEnv, resolveEnv } from "./runtime_env.ts";
export type {
  Fallback,
  NodeAffinityStrategy,
  PlacementGroupLike,
  PlacementGroupStrategy,
  ResolvedStrategy,
  SchedulingStrategy,
} from "./scheduling.ts";
export {
  checkTaskCallOptions,
  checkTaskOptions,
  type NumReturns,
  type ResolvedTaskOptions,
  resolveTaskOptions,
  type TaskCallOptions,
  type TaskIsolation,
  type TaskOptions,
} from "./task_options.ts";
