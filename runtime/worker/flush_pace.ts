/** Results leave no more often than this while tasks run back to back, in milliseconds. */
const OFTEN_MS = 0.5;
/** And at least this often, where many tasks wait. */
const SELDOM_MS = 8;
/** While a task has lately taken longer than this, in milliseconds, no result waits: it might, for the next such one. */
const LONG_MS = 4;
/** So many results at a time are enough to share the cost of waking whom they are for. */
const ENOUGH = 16;
/** Of the time that the queued tasks will take, results may wait for this part. */
const PART = 1 / 16;

/**
 * When the results of tasks that run back to back leave. Each message wakes its receiver, which takes 40 µs of two
 * threads: of tasks of a millisecond 4 %. So results are gathered a little, but only while so much is queued that whoever
 * looks at them one by one has them soon by comparison, and only while no task is long: results wait for the end of the
 * next task.
 */
export class FlushPace {
  #flushed = 0;
  /** How long tasks take, on average of the latest. */
  #typical = 0;
  /** The longest, forgotten slowly. */
  #longest = 0;

  begin(now: number): void {
    if (this.#flushed === 0) this.#flushed = now;
  }

  /** A task has just ended, or waits. `waiting`: tasks that are queued here. `urgent`: others than its owner wait for it. */
  isDue(now: number, { took, waiting, urgent }: { took: number; waiting: number; urgent: boolean }): boolean {
    this.#typical += (took - this.#typical) / 8;
    this.#longest = Math.max(took, this.#longest * 0.99);
    const held = now - this.#flushed;
    if (held <= OFTEN_MS) return false;
    if (!urgent && held <= this.#patience(waiting)) return false;
    this.#flushed = now;
    return true;
  }

  #patience(waiting: number): number {
    if (this.#longest > LONG_MS) return 0;
    return Math.min(SELDOM_MS, ENOUGH * this.#typical, PART * this.#typical * waiting);
  }
}
