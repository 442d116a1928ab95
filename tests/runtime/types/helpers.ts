import type { AsCompletedApi, GetActorApi, GetApi, MapUnorderedApi, PutApi, RemoteApi, WaitApi } from "../../../runtime/types/mod.ts";

/** Whether two types are the same, not merely assignable. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Fails to compile unless its type argument is `true`. */
export function holds<_T extends true>(): void {}

/** Compiled, never run: what is inside speaks to the type checker alone. */
export function typesOnly(_body: () => unknown): void {}

// Never called: they exist so that the modules link.
export const remote: RemoteApi = undefined as never;
export const put: PutApi = undefined as never;
export const get: GetApi = undefined as never;
export const wait: WaitApi = undefined as never;
export const asCompleted: AsCompletedApi = undefined as never;
export const mapUnordered: MapUnorderedApi = undefined as never;
export const getActor: GetActorApi = undefined as never;
