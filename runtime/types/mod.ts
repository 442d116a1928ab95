/**
 * The types users see, by inference from their functions and classes. Types
 * alone: what implements them is elsewhere and is declared to conform, as in
 * `export const get: GetApi = …`.
 */
export type {
  ActorClass,
  ActorConstructor,
  ActorHandle,
  ActorMethod,
  AnyActorHandle,
  MethodsOf,
  NoMethods,
  UnknownActor,
} from "./actor_handle.ts";
export type {
  AsCompletedApi,
  GetActorApi,
  GetApi,
  MapUnorderedApi,
  PutApi,
  RemoteApi,
  WaitApi,
  Waitable,
} from "./api.ts";
export type { ObjectRef, ObjectRefGenerator, RefValue, RefValues, RemoteArgs, Resolvable } from "./object_ref.ts";
export type { PlacementGroup } from "./placement_group.ts";
export type { RemoteFunction } from "./remote_function.ts";
export type { Results, WrongNumReturns } from "./results.ts";
