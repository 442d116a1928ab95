import type { Clock } from "../kernel/mod.ts";

/** Numbers that were added of late: each is forgotten after `ms`, and before twice that. One timer for all of them. */
export class Lately {
  readonly #clock: Pick<Clock, "after">;
  readonly #ms: number;
  #now: Set<number> = new Set();
  #before: Set<number> = new Set();
  #turning = false;

  constructor(clock: Pick<Clock, "after">, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  add(value: number): void {
    this.#now.add(value);
    if (!this.#turning) this.#turn();
  }

  has(value: number): boolean {
    return this.#now.has(value) || this.#before.has(value);
  }

  #turn(): void {
    this.#turning = true;
    this.#clock.after(this.#ms, () => {
      this.#before = this.#now;
      this.#now = new Set();
      if (this.#before.size > 0) this.#turn();
      else this.#turning = false;
    });
  }
}
