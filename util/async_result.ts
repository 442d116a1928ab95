import { WaitTimeoutError } from "./wait_timeout_error.ts";
import { within } from "./within.ts";

/** A result that may not be there yet, as multiprocessing's `AsyncResult`. */
export class AsyncResult<R> {
  #promise: Promise<R>;
  #state: "pending" | "done" | "failed" = "pending";

  constructor(promise: Promise<R>) {
    this.#promise = promise;
    promise.then(
      () => {
        this.#state = "done";
      },
      () => {
        this.#state = "failed";
      },
    );
  }

  /**
   * The result, or the error that took its place.
   * @throws {GetTimeoutError} when it is not there within `timeoutMs`
   */
  async get(options: { timeoutMs?: number } = {}): Promise<R> {
    const { timeoutMs } = options;
    if (!(await within(this.#promise, timeoutMs))) {
      throw new WaitTimeoutError({ timeoutMs: timeoutMs ?? 0, waitedFor: "the result" });
    }
    return await this.#promise;
  }

  /** Waits until it is there or failed, at most `timeoutMs`; throws neither. */
  async wait(options: { timeoutMs?: number } = {}): Promise<void> {
    await within(this.#promise, options.timeoutMs);
  }

  ready(): boolean {
    return this.#state !== "pending";
  }

  /** @throws {RangeError} when it is not ready */
  successful(): boolean {
    if (this.#state === "pending") throw new RangeError("The result is not ready. Await wait() first.");
    return this.#state === "done";
  }
}
