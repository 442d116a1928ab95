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
import { setModules } from "./actors/driver/mod.ts";
import { publicModules, threadModules } from "./boot/modules.ts";

setModules(threadModules, publicModules);

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
  getRuntimeContext,
  isInitialized,
  kill,
  listNamedActors,
  mapUnordered,
  type NodeInfo,
  nodes,
  put,
  type RuntimeContext,
  timeline,
  type TraceEvent,
  wait,
} from "./runtime/api/mod.ts";
export * from "./runtime/errors/mod.ts";
export type {
  ActorOptions,
  CancelOptions,
  GetActorOptions,
  GetOptions,
  InitOptions,
  KillOptions,
  MethodOptions,
  TaskOptions,
  WaitOptions,
} from "./runtime/options/mod.ts";
export { deregisterSerializer, registerSerializer, remote } from "./runtime/remote/mod.ts";
export type { ActorClass, ActorHandle, ObjectRef, ObjectRefGenerator, RemoteFunction } from "./runtime/types/mod.ts";
