import { Entry, ObjectRef as LiveRef } from "../caller/mod.ts";
import { isShadowRun } from "../context/mod.ts";
import { type CancelOptions, resolveCancelOptions } from "../options/mod.ts";
import { ObjectRefGenerator as LiveGenerator } from "../remote/mod.ts";
import { session } from "../session/mod.ts";
import type { ObjectRef, ObjectRefGenerator } from "../types/mod.ts";
import { entryOf } from "./refs.ts";

/**
 * Puts a value into the object store, as it is now, and returns a ref to it. Typed arrays of 100 KiB or more are
 * copied once into shared memory and from then on shared.
 *
 * @throws TypeError for a ref: it is in the store already
 * @throws SerializationError naming the path to what cannot travel
 * @throws ObjectStoreFullError, OutOfDiskError when there is no room, in memory or on disk
 */
export function put<T>(value: T): ObjectRef<T> {
  if (LiveRef.is(value))
    throw new TypeError(
      `put() was given ${value}: a ref stands for a value that is in the store already; pass the ref itself on, or put(await get(ref))`,
    );
  if (isShadowRun()) return new LiveRef<T>(new Entry(-1, 0, "o-inert"));
  return new LiveRef<T>(session().caller.putEntry(value));
}

/**
 * Cancels the task or actor call that makes a ref's value. If it waits it is dropped; if it runs, its
 * `getRuntimeContext().signal` fires, and with `force` its worker is stopped. `get` then rejects with
 * TaskCancelledError. Does nothing when it has ended. Never retried. A ref that was made elsewhere is cancelled
 * by the place that made it, as soon as that hears of it.
 *
 * @param options.recursive cancels what it submitted as well. Default true.
 * @throws RangeError for `force` on an actor call that was made here; on others `force` is ignored
 */
export function cancel(ref: ObjectRef | ObjectRefGenerator, options: CancelOptions = {}): void {
  if (isShadowRun()) return;
  const how = resolveCancelOptions(options);
  const entry = LiveGenerator.is(ref) ? LiveGenerator.completionOf(ref) : entryOf(ref, "cancel()");
  session().caller.cancel(entry, how);
}

/** Drops the values now, here and wherever they are kept; `get` of them rejects with ObjectFreedError. What is still being made is dropped when it comes. */
export function free(refs: ObjectRef | readonly ObjectRef[]): void {
  if (isShadowRun()) return;
  const entries = (Array.isArray(refs) ? refs : [refs]).map((ref) => entryOf(ref, "free()"));
  session().caller.objects.free(entries);
}
