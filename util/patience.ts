import { get, type ObjectRef } from "../mod.ts";

/** How long a caller is ready to wait. Without either, for ever. */
export interface WaitOptions {
  /** Milliseconds; `0` means now or never. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it aborts; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A call to an actor that may wait there, and the call that takes it back. */
export interface PatientCall<R> {
  /** The error to throw when `timeoutMs` ran out. */
  tooLate(timeoutMs: number): Error;
  /** MUST submit the call. Without a ticket nobody can give up. Its value is `undefined` once withdrawn. */
  begin(ticket: string | undefined): ObjectRef<R | undefined>;
  /** MUST resolve to true if and only if the call left without effect. */
  withdraw(ticket: string): ObjectRef<boolean>;
}

/**
 * Waits for a call that may wait inside an actor. When the patience ends, the call is withdrawn there; if
 * the actor has answered it already, that answer counts and nothing is thrown, so no effect is ever lost
 * and no rejection ever hides an effect.
 *
 * @throws what `call.tooLate` makes, when `timeoutMs` ran out and the call was withdrawn
 */
export async function patiently<R>(call: PatientCall<R>, options: WaitOptions = {}): Promise<R> {
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new RangeError(`timeoutMs must be 0 or more, not ${timeoutMs}`);
  }
  signal?.throwIfAborted();
  const mayTimeOut = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY;
  if (!mayTimeOut && signal === undefined) return (await get(call.begin(undefined))) as R;

  const ticket = crypto.randomUUID();
  const answer = get(call.begin(ticket));
  const impatience = Promise.withResolvers<undefined>();
  const giveUp = (): void => impatience.resolve(undefined);
  signal?.addEventListener("abort", giveUp, { once: true });
  const timer = mayTimeOut && timeoutMs > 0 ? setTimeout(giveUp, timeoutMs) : undefined;
  try {
    // One caller's calls arrive in order: with no time to wait the withdrawal follows at once.
    const early = timeoutMs === 0 ? undefined : await Promise.race([answer, impatience.promise]);
    if (early !== undefined) return early;
    if (await get(call.withdraw(ticket))) {
      throw signal?.aborted ? signal.reason : call.tooLate(timeoutMs ?? 0);
    }
    return (await answer) as R;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}
