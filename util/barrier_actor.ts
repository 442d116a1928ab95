import { type ActorHandle, type ActorOptions, remote } from "../mod.ts";
import { WaitingLine } from "./waiting_line.ts";
import { WAITING_ROOM } from "./waiting_room.ts";

/** Those who have arrived at a barrier; lives in an actor. */
export class BarrierState {
  #parties: number;
  #line: WaitingLine<1, number> = new WaitingLine();

  constructor(parties: number) {
    this.#parties = parties;
  }

  /**
   * Arrives, and waits until all have arrived; then all go on and the barrier stands for the next round.
   * Resolves with the caller's place in the order of arrival, from 0, or `undefined` when withdrawn first.
   */
  wait(ticket?: string): Promise<number | undefined> {
    const passed = this.#line.join(1, ticket);
    if (this.#line.length === this.#parties) {
      for (let place = 0; place < this.#parties; place++) this.#line.serve(place);
    }
    return passed;
  }

  /** How many wait now. */
  waiting(): number {
    return this.#line.length;
  }

  withdraw(ticket: string): boolean {
    return this.#line.withdraw(ticket);
  }
}

const BarrierActor = remote(BarrierState, WAITING_ROOM);

/** Starts the actor behind a barrier. */
export function startBarrierActor(parties: number, options: ActorOptions): ActorHandle<BarrierState> {
  return BarrierActor.options(options).remote(parties);
}
