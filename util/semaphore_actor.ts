import { type ActorHandle, type ActorOptions, remote } from "../mod.ts";
import { WaitingLine } from "./waiting_line.ts";
import { WAITING_ROOM } from "./waiting_room.ts";

/** The permits of a semaphore and those who wait for one; lives in an actor. */
export class SemaphoreState {
  #free: number;
  #line: WaitingLine<1, true> = new WaitingLine();

  constructor(permits = 1) {
    this.#free = permits;
  }

  /** Waits for a permit; `undefined` when withdrawn first. */
  async acquire(ticket?: string): Promise<true | undefined> {
    if (this.tryAcquire()) return true;
    return await this.#line.join(1, ticket);
  }

  /** Takes a permit if one is free now. */
  tryAcquire(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  /** Gives a permit to the longest-waiting caller, or back. */
  release(): void {
    if (this.#line.length > 0) this.#line.serve(true);
    else this.#free++;
  }

  /** Whether a call to `acquire` would have to wait now. */
  locked(): boolean {
    return this.#free === 0;
  }

  available(): number {
    return this.#free;
  }

  withdraw(ticket: string): boolean {
    return this.#line.withdraw(ticket);
  }
}

const SemaphoreActor = remote(SemaphoreState, WAITING_ROOM);

/** Starts the actor behind a semaphore. */
export function startSemaphoreActor(permits: number, options: ActorOptions): ActorHandle<SemaphoreState> {
  return SemaphoreActor.options(options).remote(permits);
}
