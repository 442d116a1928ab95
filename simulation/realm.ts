import type { Caller } from "../runtime/caller/mod.ts";
import type { Clock } from "../runtime/kernel/mod.ts";
import type { SimulatedEvent } from "./event_queue.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** What a realm's thread is for: what its events cost is counted by this. */
export type RealmKind = "scenario" | "head" | "system" | "main" | "worker";

/**
 * A thread of the simulation: whatever happens, happens in one of these. It has a clock of its own, on the one virtual
 * time, so that what it has planned ends with it.
 */
export class Realm implements Clock {
  readonly kind: RealmKind;
  /** Numbers it in the trace. */
  readonly number: number;
  /** The caller's side of the place that lives here, if one does. */
  caller: Caller | undefined;
  readonly #time: VirtualTime;
  #alive = true;
  /** How many times it was told to stand still and not yet to go on. */
  #frozen = 0;
  /** What would have happened while it was frozen. */
  #held: SimulatedEvent[] = [];

  constructor(time: VirtualTime, options: { kind: RealmKind; number: number }) {
    this.#time = time;
    this.kind = options.kind;
    this.number = options.number;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#frozen > 0;
  }

  now(): number {
    return this.#time.now();
  }

  after(delayMs: number, action: () => void): () => void {
    const event = this.#time.plan(this, this.now() + Math.max(0, delayMs), action);
    return () => {
      event.action = undefined;
    };
  }

  soon(action: () => void): void {
    this.#time.plan(this, this.now(), action);
  }

  /** Runs `action` here at that time. */
  at(time: number, action: () => void): void {
    this.#time.plan(this, time, action);
  }

  /** Takes an event whose time has come; false when nothing may happen here now. */
  admits(event: SimulatedEvent): boolean {
    if (!this.#alive) return false;
    if (this.#frozen > 0) this.#held.push(event);
    return this.#frozen === 0;
  }

  /** The thread is gone: nothing happens here any more. */
  end(): void {
    this.#alive = false;
    this.#held = [];
  }

  /** The thread stands still: what should happen waits, until it has been thawed as often. */
  freeze(): void {
    this.#frozen++;
  }

  /** It goes on, and finds all that has come meanwhile, in order. */
  thaw(): void {
    if (--this.#frozen > 0) return;
    for (const event of this.#held.splice(0)) this.soon(() => event.action?.());
  }
}
