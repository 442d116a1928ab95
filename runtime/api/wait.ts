import { Entry, type ItemStream, isElsewhere, isReady } from "../caller/mod.ts";
import { Ring } from "../kernel/mod.ts";
import { resolveWaitOptions, type WaitOptions } from "../options/mod.ts";
import { ObjectRefGenerator } from "../remote/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { ObjectRef, WaitApi, Waitable } from "../types/mod.ts";
import { get } from "./get.ts";
import { entryOf } from "./refs.ts";

type Watched = Entry | ItemStream;

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
  const watched = watch(refs);
  const ready = (at: Watched): boolean => (at instanceof Entry ? at.payload !== undefined || isReady(at, objects, { fetchLocal }) : at.nextIsHere);
  signal?.throwIfAborted();
  const split = (): [unknown[], unknown[]] => {
    const taken: unknown[] = [];
    const left: unknown[] = [];
    for (let i = 0; i < watched.length; i++) {
      const at = watched[i] as Watched;
      if (taken.length < numReturns && ready(at)) {
        if (at instanceof Entry) at.observed = true;
        taken.push(refs[i]);
      } else left.push(refs[i]);
    }
    return [taken, left];
  };
  const now = split();
  let count = now[0].length;
  if (count >= numReturns) return now;
  const pending = watched.filter((at) => !ready(at));
  if (timeoutMs === 0 || refs.length === 0) {
    if (!pending.some((at) => at instanceof Entry && isElsewhere(at))) return now;
    await objects.caughtUp();
    return split();
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  // One function for all of the entries, for there may be many: an entry's first change makes it ready for good.
  const onReady = (): void => {
    if (++count >= numReturns) resolve();
  };
  const undo: (() => void)[] = [];
  const observe = (stream: ItemStream): void =>
    void undo.push(
      stream.onChange(() => {
        if (stream.nextIsHere) onReady();
        else observe(stream);
      }),
    );
  for (const at of pending) {
    if (at instanceof Entry) at.addWaiter(onReady);
    else observe(at);
  }
  const stopTimer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, resolve);
  try {
    await awaiting(promise);
  } finally {
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
    for (const at of pending) if (at instanceof Entry) at.removeWaiter(onReady);
    for (const take of undo) take();
  }
  return split();
}) as WaitApi;

/** What stands behind the refs; each may be given once. */
function watch(refs: readonly unknown[]): Watched[] {
  const round = ++rounds;
  const watched: Watched[] = new Array(refs.length);
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i];
    const at = ObjectRefGenerator.is(ref) ? ObjectRefGenerator.streamOf(ref) : entryOf(ref, "wait()");
    // A mark in each costs a tenth of a set of all: whoever waits for many one by one looks at all of them each time.
    if (at.lastWait === round) throw new RangeError("wait() was given the same ref twice; pass each once");
    at.lastWait = round;
    watched[i] = at;
  }
  return watched;
}

/** Calls of `wait` so far. */
let rounds = 0;

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
