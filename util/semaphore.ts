import { type ActorHandle, type ActorOptions, get, kill } from "../mod.ts";
import { patiently, type WaitOptions } from "./patience.ts";
import { type SemaphoreState, startSemaphoreActor } from "./semaphore_actor.ts";
import { travels } from "./travel.ts";
import { WaitTimeoutError } from "./wait_timeout_error.ts";

/** A permit held; disposing of it gives it back, once. */
export interface Permit extends AsyncDisposable {
  release(): Promise<void>;
}

/**
 * Lets at most `permits` holders in at a time, across tasks and actors; those who wait come in in order.
 * The semaphore is a handle that can be passed to tasks.
 *
 * ```ts
 * await using permit = await semaphore.acquire();
 * ```
 *
 * A permit whose holder dies without releasing it stays taken.
 */
export class Semaphore {
  readonly actor: ActorHandle<SemaphoreState>;

  /** @param actor the actor of a running semaphore, to make one more handle of it; else one is started */
  constructor(permits = 1, actor?: ActorHandle<SemaphoreState>) {
    this.actor = actor ?? Semaphore.remote(permits);
  }

  /** Starts the bare actor, for callers who work with refs: `get(handle.acquire.remote())`. */
  static remote(permits = 1, options: ActorOptions = {}): ActorHandle<SemaphoreState> {
    if (!Number.isInteger(permits) || permits < 0) {
      throw new RangeError(`permits must be a whole number, 0 or more, not ${permits}`);
    }
    return startSemaphoreActor(permits, options);
  }

  /**
   * Waits for a permit.
   * @throws {GetTimeoutError} when none was free within `timeoutMs`; none is held then
   */
  async acquire(options?: WaitOptions): Promise<Permit> {
    const call = {
      begin: (ticket: string | undefined) => this.actor.acquire.remote(ticket),
      withdraw: (ticket: string) => this.actor.withdraw.remote(ticket),
      tooLate: (ms: number) => new WaitTimeoutError({ timeoutMs: ms, waitedFor: "a permit" }),
    };
    await patiently(call, options);
    return this.#permit();
  }

  /** A permit if one is free now. */
  async tryAcquire(): Promise<Permit | undefined> {
    return (await get(this.actor.tryAcquire.remote())) ? this.#permit() : undefined;
  }

  /** Gives one permit back; whoever holds a {@link Permit} releases that instead. */
  async release(): Promise<void> {
    await get(this.actor.release.remote());
  }

  /** Runs `work` while holding a permit. */
  async withPermit<R>(work: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    await using _permit = await this.acquire(options);
    return await work();
  }

  /** Whether an `acquire` would have to wait now. */
  async locked(): Promise<boolean> {
    return await get(this.actor.locked.remote());
  }

  /** How many permits are free now. */
  async available(): Promise<number> {
    return await get(this.actor.available.remote());
  }

  /** Ends the semaphore for everyone; those who wait get an `ActorDiedError`. */
  async shutdown(): Promise<void> {
    await kill(this.actor);
  }

  #permit(): Permit {
    let held = true;
    const release = async (): Promise<void> => {
      if (!held) return;
      held = false;
      await this.release();
    };
    return { release, [Symbol.asyncDispose]: release };
  }
}

travels(
  Semaphore,
  (semaphore) => ({ actor: semaphore.actor }),
  ({ actor }) => new Semaphore(0, actor),
);
