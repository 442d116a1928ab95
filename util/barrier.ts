import { type ActorHandle, type ActorOptions, get, kill } from "../mod.ts";
import { type BarrierState, startBarrierActor } from "./barrier_actor.ts";
import { patiently, type WaitOptions } from "./patience.ts";
import { travels } from "./travel.ts";
import { WaitTimeoutError } from "./wait_timeout_error.ts";

/**
 * Holds everyone back until `parties` callers have arrived, then lets all of them go on; as often as
 * they come again. The barrier is a handle that can be passed to tasks.
 */
export class Barrier {
  readonly parties: number;
  readonly actor: ActorHandle<BarrierState>;

  /** @param actor the actor of a running barrier, to make one more handle of it; else one is started */
  constructor(parties: number, actor?: ActorHandle<BarrierState>) {
    this.parties = parties;
    this.actor = actor ?? Barrier.remote(parties);
  }

  /** Starts the bare actor, for callers who work with refs: `get(handle.wait.remote())`. */
  static remote(parties: number, options: ActorOptions = {}): ActorHandle<BarrierState> {
    if (!Number.isInteger(parties) || parties < 1) {
      throw new RangeError(`parties must be a whole number, 1 or more, not ${parties}`);
    }
    return startBarrierActor(parties, options);
  }

  /**
   * Arrives and waits for the others. Resolves with this caller's place in the order of arrival, from 0, so
   * that exactly one caller of each round can do what must be done once.
   * @throws {GetTimeoutError} when they did not all come within `timeoutMs`; this caller then no longer counts
   */
  async wait(options?: WaitOptions): Promise<number> {
    const call = {
      begin: (ticket: string | undefined) => this.actor.wait.remote(ticket),
      withdraw: (ticket: string) => this.actor.withdraw.remote(ticket),
      tooLate: (ms: number) => new WaitTimeoutError({ timeoutMs: ms, waitedFor: `${this.parties} parties at a barrier` }),
    };
    return await patiently(call, options);
  }

  /** How many wait now. */
  async waiting(): Promise<number> {
    return await get(this.actor.waiting.remote());
  }

  /** Ends the barrier for everyone; those who wait get an `ActorDiedError`. */
  async shutdown(): Promise<void> {
    await kill(this.actor);
  }
}

travels(
  Barrier,
  (barrier) => ({ parties: barrier.parties, actor: barrier.actor }),
  ({ parties, actor }) => new Barrier(parties, actor),
);
