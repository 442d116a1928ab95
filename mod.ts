/**
 * Mobula: Ray for TypeScript. Functions become parallel tasks, classes become stateful actors, and values are
 * passed by reference, on all cores of a machine.
 *
 * ```ts
 * import * as ray from "mobula";
 *
 * const square = ray.remote((x: number) => x * x);
 * const refs = [1, 2, 3].map((x) => square.remote(x));
 * console.log(await ray.get(refs)); // [1, 4, 9]
 * ```
 *
 * @module
 */
export { type Context, init, shutdown } from "./actors/driver/mod.ts";
export {
  asCompleted,
  availableResources,
  cancel,
  clusterResources,
  exitActor,
  free,
  get,
  getActor,
  getPlacementGroup,
  getRuntimeContext,
  isInitialized,
  type Kv,
  type KvValue,
  kill,
  kv,
  listNamedActors,
  mapUnordered,
  type NodeInfo,
  nodes,
  type PlacementGroupInfo,
  placementGroup,
  placementGroupTable,
  put,
  type RuntimeContext,
  removePlacementGroup,
  type TraceEvent,
  timeline,
  wait,
} from "./runtime/api/mod.ts";
export * from "./runtime/errors/mod.ts";
export type {
  ActorOptions,
  Bundle,
  CancelOptions,
  GetActorOptions,
  GetOptions,
  InitOptions,
  KillOptions,
  KvDeleteOptions,
  KvOptions,
  KvPutOptions,
  MethodOptions,
  NodeAffinityStrategy,
  PlacementGroupOptions,
  PlacementGroupStrategy,
  PlacementStrategy,
  SchedulingStrategy,
  TaskOptions,
  WaitOptions,
} from "./runtime/options/mod.ts";
export { deregisterSerializer, registerSerializer, remote } from "./runtime/remote/mod.ts";
export type {
  ActorClass,
  ActorHandle,
  ObjectRef,
  ObjectRefGenerator,
  PlacementGroup,
  RemoteFunction,
} from "./runtime/types/mod.ts";
