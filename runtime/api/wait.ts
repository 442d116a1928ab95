import { Entry, type ItemStream, isElsewhere, isReady, ObjectRef } from "../caller/mod.ts";
import { Ring } from "../kernel/mod.ts";
import { resolveWaitOptions, type WaitOptions } from "../options/mod.ts";
import { ObjectRefGenerator } from "../remote/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { ObjectRef as Ref, WaitApi, Waitable } from "../types/mod.ts";
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
  const ready = (at: Watched): boolean => (at instanceof Entry ? at.payload !== undefined || isReady(at, objects, { fetchLocal }) : at.nextIsHere);
  signal?.throwIfAborted();
  const now = firstLook(refs, numReturns, ready);
  let count = now.length;
  if (count >= numReturns) return divide(refs, now);
  // The array is its owner's, who may change it meanwhile.
  const given = refs.slice();
  const watched = given.map(behind);
  /** The refs that are ready by now; held since the beginning, as one may be disposed of while it is waited for. */
  const split = (): [unknown[], unknown[]] => {
    const taken: number[] = [];
    for (let i = 0; i < watched.length && taken.length < numReturns; i++) {
      const at = watched[i] as Watched;
      if (!ready(at)) continue;
      if (at instanceof Entry) at.observed = true;
      taken.push(i);
    }
    return divide(given, taken);
  };
  const pending = watched.filter((at) => !ready(at));
  if (timeoutMs === 0 || refs.length === 0) {
    if (!pending.some((at) => at instanceof Entry && isElsewhere(at))) return divide(refs, now);
    await objects.caughtUp();
    const parts = split();
    for (const at of pending) if (at instanceof Entry) objects.givenUp(at);
    return parts;
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
    return split();
  } finally {
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
    for (const at of pending) {
      if (!(at instanceof Entry)) continue;
      at.removeWaiter(onReady);
      objects.givenUp(at);
    }
    for (const take of undo) take();
  }
}) as WaitApi;

function behind(ref: unknown): Watched {
  return !ObjectRef.is(ref) && ObjectRefGenerator.is(ref) ? ObjectRefGenerator.streamOf(ref) : entryOf(ref, "wait()");
}

/**
 * The positions of the first `numReturns` refs that are ready; checks on the way that each was given once. Whoever waits
 * for many refs one by one has all of them looked at each time, so nothing is made for those that are not taken.
 */
function firstLook(refs: readonly unknown[], numReturns: number, ready: (at: Watched) => boolean): number[] {
  const round = ++rounds;
  const taken: number[] = [];
  for (let i = 0; i < refs.length; i++) {
    const at = behind(refs[i]);
    // A mark in each costs a tenth of a set of all.
    if (at.lastWait === round) throw new RangeError("wait() was given the same ref twice; pass each once");
    at.lastWait = round;
    if (taken.length === numReturns || !ready(at)) continue;
    if (at instanceof Entry) at.observed = true;
    taken.push(i);
  }
  return taken;
}

/** The refs at these positions, which go up, and the others; both in the order given. */
function divide(refs: readonly unknown[], positions: readonly number[]): [unknown[], unknown[]] {
  const taken = positions.map((at) => refs[at]);
  if (positions.length <= FEW) {
    // The engine copies an array whole much faster than its elements one by one.
    const left = refs.slice();
    for (let i = positions.length - 1; i >= 0; i--) left.splice(positions[i] as number, 1);
    return [taken, left];
  }
  const left: unknown[] = [];
  let next = 0;
  for (let i = 0; i < refs.length; i++) {
    if (positions[next] === i) next++;
    else left.push(refs[i]);
  }
  return [taken, left];
}

/** Up to so many refs are taken out of a copy of all. */
const FEW = 4;

/** Calls of `wait` so far. */
let rounds = 0;

/** The values in the order in which they become ready; throws at the first that failed, when its turn comes. */
export async function* asCompleted<T>(refs: readonly Ref<T>[]): AsyncGenerator<T, void> {
  const shadow = neverInShadow();
  if (shadow !== undefined) await shadow;
  const { objects } = session().caller;
  const ready: Ring<Ref<T>> = new Ring();
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
