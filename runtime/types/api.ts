import type { ActorOptions, GetActorOptions, GetOptions, MapUnorderedOptions, NumReturns, TaskOptions, WaitOptions } from "../options/mod.ts";
import type { ActorClass, ActorConstructor, ActorHandle, UnknownActor } from "./actor_handle.ts";
import type { ObjectRef, ObjectRefGenerator, RefValues } from "./object_ref.ts";
import type { RemoteFunction } from "./remote_function.ts";

/** What can be waited for; of a generator, its next item. */
export type Waitable = ObjectRef | ObjectRefGenerator;

export interface RemoteApi {
  <C extends ActorConstructor>(actorClass: C, options?: ActorOptions): ActorClass<C>;
  <A extends unknown[], R, const N extends NumReturns | undefined = undefined>(
    fn: (...args: A) => R,
    options?: TaskOptions & { readonly numReturns?: N },
  ): RemoteFunction<A, R, N>;
}

export type PutApi = <T>(value: T) => ObjectRef<T>;

export interface GetApi {
  <T>(ref: ObjectRef<T>, options?: GetOptions): Promise<T>;
  <const R extends readonly ObjectRef[]>(refs: R, options?: GetOptions): Promise<RefValues<R>>;
}

export type WaitApi = <R extends Waitable>(refs: readonly R[], options?: WaitOptions) => Promise<[ready: R[], notReady: R[]]>;

export type AsCompletedApi = <T>(refs: readonly ObjectRef<T>[]) => AsyncIterable<T>;

export type MapUnorderedApi = <T, R>(
  fn: RemoteFunction<[item: T], R>,
  items: Iterable<T | ObjectRef<T>> | AsyncIterable<T | ObjectRef<T>>,
  options?: MapUnorderedOptions,
) => AsyncIterable<Awaited<R>>;

/** `I` is the type of the actor's instances: `getActor<Counter>("c")`. */
export type GetActorApi = <I = UnknownActor>(name: string, options?: GetActorOptions) => Promise<ActorHandle<I>>;
