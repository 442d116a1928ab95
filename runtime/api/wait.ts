import { type Entry, type ItemStream, isElsewhere, isReady } from "../caller/mod.ts";
import { Ring } from "../kernel/mod.ts";
import { resolveWaitOptions, type WaitOptions } from "../options/mod.ts";
import { ObjectRefGenerator } from "../remote/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { ObjectRef, WaitApi, Waitable } from "../types/mod.ts";
import { get } from "./get.ts";
import { entryOf } from "./refs.ts";

type Watched = { readonly entry: Entry } | { readonly stream: ItemStream };

/**
 * Waits until `numReturns` (default 1) of the refs are ready, or the time is over: `[ready, notReady]`, both in
 * the order given, at most `numReturns` ready. Of a generator its next item counts.
 *
 * @throws RangeError for duplicates, or more returns than refs
 */
export const wait: WaitApi = (async (refs: readonly Waitable[], options?: WaitOptions): Promise<[unknown[], unknown[]]> => {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  if (!Array.isArray(refs)) throw new TypeError("wait() takes an array of ObjectRefs; for one ref use get(), or wait([ref])");
  const { numReturns, timeoutMs, fetchLocal, signal } = resolveWaitOptions(options ?? {}, refs.length);
  const { objects, clock } = session().caller;
  const watched = refs.map(watch);
  refuseDuplicates(watched);
  const ready = (at: Watched): boolean => ("entry" in at ? isReady(at.entry, objects, { fetchLocal }) : at.stream.nextIsHere);
  signal?.throwIfAborted();
  const split = (): [unknown[], unknown[]] => {
    const taken: unknown[] = [];
    const left: unknown[] = [];
    for (let i = 0; i < watched.length; i++) {
      const at = watched[i] as Watched;
      if (taken.length < numReturns && ready(at)) {
        if ("entry" in at) at.entry.observed = true;
        taken.push(refs[i]);
      } else left.push(refs[i]);
    }
    return [taken, left];
  };
  let count = 0;
  const pending: Watched[] = [];
  for (const at of watched) {
    if (ready(at)) count++;
    else pending.push(at);
    if (count >= numReturns) return split();
  }
  if (timeoutMs === 0 || refs.length === 0) {
    if (pending.some((at) => "entry" in at && isElsewhere(at.entry))) await objects.caughtUp();
    return split();
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const undo: (() => void)[] = [];
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  for (const at of pending) {
    const look = (): void => {
      if (!ready(at)) observe();
      else if (++count >= numReturns) resolve();
    };
    const observe = (): void => {
      if ("entry" in at) undo.push(at.entry.onChange(look));
      else undo.push(at.stream.onChange(look));
    };
    observe();
  }
  const stopTimer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, resolve);
  try {
    await awaiting(promise);
  } finally {
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
    for (const take of undo) take();
  }
  return split();
}) as WaitApi;

function watch(ref: unknown): Watched {
  return ObjectRefGenerator.is(ref) ? { stream: ObjectRefGenerator.streamOf(ref) } : { entry: entryOf(ref, "wait()") };
}

function refuseDuplicates(watched: readonly Watched[]): void {
  const seen = new Set<unknown>();
  for (const at of watched) {
    const key = "entry" in at ? at.entry : at.stream;
    if (seen.has(key)) throw new RangeError("wait() was given the same ref twice; pass each once");
    seen.add(key);
  }
}

/** The values in the order in which they become ready; throws at the first that failed, when its turn comes. */
export async function* asCompleted<T>(refs: readonly ObjectRef<T>[]): AsyncGenerator<T, void> {
  const shadow = neverInShadow();
  if (shadow !== undefined) await shadow;
  const { objects } = session().caller;
  const ready: Ring<ObjectRef<T>> = new Ring();
  const undo: Set<() => void> = new Set();
  let wake: (() => void) | undefined;
  for (const ref of refs) {
    const entry = entryOf(ref, "asCompleted()");
    if (isReady(entry, objects)) {
      ready.push(ref);
      continue;
    }
    const take = entry.onChange(() => {
      undo.delete(take);
      ready.push(ref);
      wake?.();
    });
    undo.add(take);
  }
  try {
    for (let left = refs.length; left > 0; left--) {
      if (ready.size === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await awaiting(promise);
      }
      yield (await get(ready.shift() as never)) as T;
    }
  } finally {
    for (const take of undo) take();
  }
}
