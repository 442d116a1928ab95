import { type ActorClass, remote } from "../mod.ts";

/** Any function that a {@link Pool} can run, seen from the worker. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any arguments
export type PoolFunction = (...args: any[]) => unknown;

/** One worker of a pool: runs functions that are sent to it. */
export class PoolWorker {
  #initialized: Promise<unknown>;

  constructor(initializer: PoolFunction | undefined, initArgs: readonly unknown[]) {
    this.#initialized = Promise.resolve(initializer?.(...initArgs));
    // Reported by each call; alone it must not take the worker down.
    this.#initialized.catch(() => {});
  }

  /** Calls `fn` once for each list of arguments, one after another; fails with the first that fails. */
  async run(fn: PoolFunction, calls: readonly (readonly unknown[])[]): Promise<unknown[]> {
    await this.#initialized;
    const results: unknown[] = [];
    for (const args of calls) results.push(await fn(...args));
    return results;
  }
}

export const PoolWorkerActor: ActorClass<typeof PoolWorker> = remote(PoolWorker);
