import type { ActorId, Clock } from "../../runtime/kernel/mod.ts";

/** How long the creation of an actor may be behind what others ask of it, in milliseconds. */
const GRACE_MS = 2_000;

export interface AwaitedCreationsOptions {
  clock: Clock;
  /** Nothing has come of it in time. What waits is done all the same, after this. */
  onExpired(id: ActorId): void;
}

/**
 * What is asked of actors whose creation has yet to be heard of. A handle can be used in another thread while word
 * of the actor's creation is on its way on its creator's own link.
 */
export class AwaitedCreations {
  readonly #options: AwaitedCreationsOptions;
  readonly #waiting: Map<ActorId, (() => void)[]> = new Map();
  /** Their creations are here, and what they are made from is on its way: that takes what it takes. */
  readonly #coming: Set<ActorId> = new Set();

  constructor(options: AwaitedCreationsOptions) {
    this.#options = options;
  }

  /** Does it when the actor is known, or known not to be, in the order asked. */
  wait(id: ActorId, action: () => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.push(action);
      return;
    }
    const actions = [action];
    this.#waiting.set(id, actions);
    this.#options.clock.after(GRACE_MS, () => {
      if (this.#waiting.get(id) !== actions || this.#coming.has(id)) return;
      this.#options.onExpired(id);
      this.known(id);
    });
  }

  /** Its creation has been heard of; `known` follows. */
  coming(id: ActorId): void {
    this.#coming.add(id);
  }

  known(id: ActorId): void {
    this.#coming.delete(id);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    for (const action of waiting) action();
  }
}
