import type { Clock } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";

/** How long what calls took as arguments stays known after its last use; at most twice that. */
const LINGER_MS = 100;

/** Lets go of pins some time later: the next call often takes the same object, and finds it still in view. */
export class Linger {
  readonly #clock: Clock;
  #recent: Pin[] = [];
  #older: Pin[] = [];
  #armed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes over one hold on `pin`. */
  keep(pin: Pin): void {
    this.#recent.push(pin);
    this.#arm();
  }

  /** Lets go of all of them now. */
  flush(): void {
    for (const pin of [...this.#older.splice(0), ...this.#recent.splice(0)]) pin.letGo();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.after(LINGER_MS, () => {
      this.#armed = false;
      const due = this.#older;
      this.#older = this.#recent;
      this.#recent = [];
      for (const pin of due) pin.letGo();
      if (this.#older.length > 0) this.#arm();
    });
  }
}
