import { type ActorClass, remote } from "../mod.ts";
import { WaitingLine } from "./waiting_line.ts";
import { WAITING_ROOM } from "./waiting_room.ts";

/** A signal that is off or on, and those who wait for it. */
export class SignalState {
  #on = false;
  #line: WaitingLine<1, true> = new WaitingLine();

  /** Lets everyone go who waits. The signal stays on, unless `clear`: then the next to come waits again. */
  send(clear = false): void {
    this.#on = !clear;
    while (this.#line.length > 0) this.#line.serve(true);
  }

  /** Turns the signal off. */
  clear(): void {
    this.#on = false;
  }

  /** Waits until the signal is on; with `shouldWait` false it only counts as a call. */
  async wait(shouldWait = true): Promise<void> {
    if (shouldWait && !this.#on) await this.#line.join(1);
  }

  /** How many wait now. */
  curNumWaiters(): number {
    return this.#line.length;
  }
}

/**
 * An actor that holds tasks back until told otherwise: pass the handle to tasks that call
 * `get(signal.wait.remote())`, then let them go with `signal.send.remote()`. Made for tests, where it
 * takes the place of sleeping.
 */
export const SignalActor: ActorClass<typeof SignalState> = remote(SignalState, WAITING_ROOM);
