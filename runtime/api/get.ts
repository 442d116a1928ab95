import { type Entry, isElsewhere, type Outcome, outcomeNow } from "../caller/mod.ts";
import { GetTimeoutError } from "../errors/mod.ts";
import { checkGetOptions, type GetOptions } from "../options/mod.ts";
import { awaiting, neverInShadow, type Session, session } from "../session/mod.ts";
import type { GetApi } from "../types/mod.ts";
import { MissingModule } from "../values/mod.ts";
import { entryOf } from "./refs.ts";

/**
 * The value of a ref, or the values of an array of refs in its order. Rejects with the error of the first that
 * fails, without waiting for the rest.
 *
 * Large typed arrays come as views on shared memory: treat them as read-only; `structuredClone` gives a copy.
 *
 * @param options.timeoutMs milliseconds; 0 means now or never. Default: no limit.
 * @throws GetTimeoutError, TaskError, and what else became of the task
 * @throws TypeError for what is no ref
 */
export const get: GetApi = ((refs: unknown, options?: GetOptions): Promise<unknown> => {
  try {
    const shadow = neverInShadow();
    if (shadow !== undefined) return shadow;
    if (options !== undefined) checkGetOptions(options);
    const at = session();
    if (!Array.isArray(refs)) return getOne(entryOf(refs, "get()"), at, options);
    return getAll(
      refs.map((ref) => entryOf(ref, "get()")),
      at,
      options,
    );
  } catch (error) {
    if (error instanceof MissingModule) return error.load().then(() => get(refs as never, options));
    return Promise.reject(error);
  }
}) as GetApi;

function getOne(entry: Entry, at: Session, options: GetOptions | undefined): Promise<unknown> {
  const outcome = outcomeNow(entry, at.caller.objects);
  if (outcome !== undefined) return settled(outcome);
  return waitFor([entry], at, options).then(([value]) => value);
}

function getAll(entries: Entry[], at: Session, options: GetOptions | undefined): Promise<unknown[]> {
  const values: unknown[] = new Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const outcome = outcomeNow(entries[i] as Entry, at.caller.objects);
    // The rest is fetched with waiting; a failure among them may come before one that is here.
    if (outcome === undefined) return waitFor(entries, at, options);
    if ("error" in outcome) return Promise.reject(outcome.error);
    values[i] = outcome.value;
  }
  return Promise.resolve(values);
}

function waitFor(entries: readonly Entry[], at: Session, options: GetOptions = {}): Promise<unknown[]> {
  const { timeoutMs, signal } = options;
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  const values: unknown[] = new Array(entries.length);
  const looks: (() => void)[] = new Array(entries.length);
  let missing = entries.length;
  let over = false;
  // A ref may be disposed of while its value is awaited.
  for (const entry of entries) entry.hold();
  const finish = (settle: () => void): void => {
    if (over) return;
    over = true;
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
    if (missing > 0) giveUp();
    for (const entry of entries) entry.letGo();
    settle();
  };
  const giveUp = (): void => {
    for (const [index, entry] of entries.entries()) {
      const waiter = looks[index];
      if (waiter === undefined) continue;
      entry.removeWaiter(waiter);
      at.caller.objects.givenUp(entry);
    }
  };
  const look = (index: number): void => {
    if (over) return;
    const entry = entries[index] as Entry;
    let outcome: Outcome | undefined;
    try {
      outcome = outcomeNow(entry, at.caller.objects);
    } catch (error) {
      if (error instanceof MissingModule)
        error.load().then(
          () => look(index),
          (reason) => finish(() => reject(reason)),
        );
      else finish(() => reject(error));
      return;
    }
    if (outcome === undefined) {
      const waiter = (looks[index] ??= () => look(index));
      entry.addWaiter(waiter);
    } else if ("error" in outcome) {
      const { error } = outcome;
      finish(() => reject(error));
    } else {
      values[index] = outcome.value;
      if (--missing === 0) finish(() => resolve(values));
    }
  };
  const onAbort = (): void => finish(() => reject(signal?.reason));
  const timedOut = (): void =>
    finish(() =>
      reject(
        new GetTimeoutError({
          timeoutMs: timeoutMs ?? 0,
          objectIds: entries.slice(0, 10).map((entry) => entry.id),
          pending: missing,
          total: entries.length,
        }),
      ),
    );
  const stopTimer = timeoutMs === undefined || timeoutMs === 0 ? undefined : at.caller.clock.after(timeoutMs, timedOut);
  signal?.addEventListener("abort", onAbort);
  for (let i = 0; i < entries.length && !over; i++) look(i);
  if (timeoutMs === 0)
    nowOrNever(entries, at).then(
      (possible) => void (possible || timedOut()),
      (error) => finish(() => reject(error)),
    );
  return over ? promise : awaiting(promise);
}

function settled(outcome: Outcome): Promise<unknown> {
  return "error" in outcome ? Promise.reject(outcome.error) : Promise.resolve(outcome.value);
}

/** Whether all of the values exist, so that they need only be brought here. What others own has to be asked about. */
async function nowOrNever(entries: readonly Entry[], at: Session): Promise<boolean> {
  const exist = (): boolean => entries.every((entry) => entry.payload !== undefined);
  const { objects } = at.caller;
  if (exist() || entries.some((entry) => entry.payload === undefined && !isElsewhere(entry))) return exist();
  await objects.caughtUp();
  return exist();
}
