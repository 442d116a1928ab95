import type { SimulatedEvent } from "./event_queue.ts";

/** What has happened, as one number that is the same only if all of it is: when, and where, in order. */
export class Trace {
  #events = 0;
  #low = 0x811c9dc5;
  #high = 0x9dc5811c;

  get events(): number {
    return this.#events;
  }

  add({ at, realm }: SimulatedEvent): void {
    this.#events++;
    // Microseconds, in two halves: more than 32 bits of them.
    const us = Math.round(at * 1_000);
    this.#low = Math.imul(this.#low ^ ((us % 2 ** 32) | 0), 0x01000193);
    this.#high = Math.imul(this.#high ^ (this.#low >>> 13) ^ realm.number ^ Math.floor(us / 2 ** 32), 0x01000193);
  }

  get hash(): string {
    const text = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return `${text(this.#low)}${text(this.#high)}`;
  }
}
