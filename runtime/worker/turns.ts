import type { Clock } from "../kernel/mod.ts";

/** How long calls that never wait may keep their thread from its messages, in milliseconds. */
const TURN_MS = 4;
/** What they have sent leaves at least this often, in milliseconds. */
const FLUSH_MS = 0.5;

/**
 * Shares a thread among the calls that run back to back in it: results leave while others still run, and after a
 * while the thread looks at its messages before the next call begins.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #began = 0;
  #flushed = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Whether the next call may begin now; if not, `resume` is called when it may. */
  take(resume: () => void): boolean {
    const now = this.#clock.now();
    if (this.#began === 0) {
      this.#began = now;
      this.#flushed = now;
      this.#clock.soon(this.#next);
      return true;
    }
    if (now - this.#flushed > FLUSH_MS) {
      this.#flushed = now;
      this.#flush();
    }
    if (now - this.#began <= TURN_MS) return true;
    this.#waiting.push(resume);
    return false;
  }

  readonly #next = (): void => {
    this.#began = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  };
}
