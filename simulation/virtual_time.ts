import { EventQueue, type SimulatedEvent } from "./event_queue.ts";
import { Realm, type RealmKind } from "./realm.ts";
import { Trace } from "./trace.ts";

export interface VirtualTimeOptions {
  /** See `TICKS`. */
  ticks?: number;
  /** A clock of the real world, to find out what the events of each kind of realm cost; milliseconds. */
  stopwatch?: () => number;
}

/**
 * How many turns of the microtask queue an event gets before the next one happens. Promises resolve in the same order
 * in every runtime, so this changes nothing about replaying. A chain that is longer goes on while the next events
 * happen, as in a thread that is slow. No chain of ours is that long: tests run with more and compare the traces.
 */
export const TICKS = 64;

/** When time begins: not at 0, which some take for never. Milliseconds. */
const BEGINNING_MS = 1_000_000;

/**
 * The time of a simulation: it stands still while something happens, and then goes on to what happens next. It never
 * returns to the runtime's own event loop on the way: nothing from outside, no timer and no collector, comes between.
 */
export class VirtualTime {
  readonly trace: Trace = new Trace();
  /** What events of each kind of realm have cost so far, in milliseconds of the stopwatch, and how many there were. */
  readonly spent: Map<RealmKind, { ms: number; events: number }> = new Map();
  readonly #queue: EventQueue = new EventQueue();
  readonly #ticks: number;
  readonly #stopwatch: (() => number) | undefined;
  #now = BEGINNING_MS;
  static #here: Realm | undefined;
  #sequence = 0;
  #realms = 0;

  constructor(options: VirtualTimeOptions = {}) {
    this.#ticks = options.ticks ?? TICKS;
    this.#stopwatch = options.stopwatch;
  }

  now(): number {
    return this.#now;
  }

  /** The thread in which something happens just now. */
  static get here(): Realm | undefined {
    return VirtualTime.#here;
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now - BEGINNING_MS;
  }

  realm(kind: RealmKind): Realm {
    return new Realm(this, { kind, number: this.#realms++ });
  }

  plan(realm: Realm, at: number, action: () => void): SimulatedEvent {
    const event: SimulatedEvent = { at: Math.max(at, this.#now), sequence: this.#sequence++, realm, action };
    this.#queue.push(event);
    return event;
  }

  /**
   * Lets things happen until `done`, which is asked after each. Rejects with what `stuck` says when nothing can happen
   * any more or `untilMs` of virtual time have passed, and with whatever an event throws.
   */
  run(done: () => boolean, options: { untilMs?: number; stuck?: () => string } = {}): Promise<void> {
    const end = options.untilMs === undefined ? Number.POSITIVE_INFINITY : this.#now + options.untilMs;
    return new Promise((resolve, reject) => {
      let idle = 0;
      let kind: RealmKind = "scenario";
      let began = this.#stopwatch?.() ?? 0;
      const settle = (): void => {
        const now = this.#stopwatch?.();
        if (now === undefined) return;
        const spent = this.spent.get(kind);
        if (spent === undefined) this.spent.set(kind, { ms: now - began, events: 1 });
        else {
          spent.ms += now - began;
          spent.events++;
        }
        began = now;
      };
      const step = (): void => {
        if (++idle < this.#ticks) {
          queueMicrotask(step);
          return;
        }
        idle = 0;
        settle();
        try {
          if (done()) {
            resolve();
            return;
          }
          const next = this.#next(end);
          if (next === undefined) {
            const detail = options.stuck?.() ?? "not all is done";
            throw new Error(
              `after ${this.elapsed.toFixed(3)} ms of virtual time ${this.#queue.size === 0 ? "nothing can happen any more" : "time is up"}: ${detail}`,
            );
          }
          kind = next.realm.kind;
          this.#now = next.at;
          VirtualTime.#here = next.realm;
          this.trace.add(next);
          const { action } = next;
          next.action = undefined;
          (action as () => void)();
        } catch (error) {
          reject(error);
          return;
        }
        queueMicrotask(step);
      };
      step();
    });
  }

  /** Lets that much time pass. */
  async pass(ms: number): Promise<void> {
    const realm = this.realm("scenario");
    let over = false;
    realm.after(ms, () => {
      over = true;
    });
    await this.run(() => over);
  }

  /** The next event that is still to happen, where it may. */
  #next(end: number): SimulatedEvent | undefined {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.at > end) return undefined;
      this.#queue.pop();
      if (next.action === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      if (next.realm.admits(next)) return next;
    }
  }
}
