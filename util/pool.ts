import { type ActorHandle, type ActorOptions, clusterResources, get, kill, MobulaError, type ObjectRef, put } from "../mod.ts";
import { AsyncResult } from "./async_result.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type PoolFunction, type PoolWorker, PoolWorkerActor } from "./pool_worker.ts";
import { type Source, slidingWindow } from "./window.ts";

export interface PoolOptions {
  /** How many workers; by default one for each CPU of the cluster. */
  readonly processes?: number;
  /**
   * Runs once in each worker before its first call; what it leaves on `globalThis` is there for the calls.
   */
  readonly initializer?: PoolFunction;
  readonly initArgs?: readonly unknown[];
  /** Options of the workers' actors, such as `resources` or `isolation`. */
  readonly actorOptions?: ActorOptions;
}

export interface ChunkOptions {
  /** How many items travel to a worker together. Larger is faster for small work. */
  readonly chunkSize?: number;
}

/** The pool was closed or terminated. */
export class PoolClosedError extends MobulaError {
  static override readonly code: string = "POOL_CLOSED";

  constructor() {
    super({});
  }

  static override describe(): string {
    return "The pool is closed. Start another one for more work.";
  }
}

/**
 * A function under way to the workers. It is encoded while its caller is on the stack, which is how a function that uses
 * imports or module-level names is traced to its module, and once for all chunks.
 */
type Code = ObjectRef<PoolFunction>;

/** How many chunks a lazy map may hold for a slow consumer, for each worker. */
const LOOKAHEAD = 4;

/**
 * Python's `multiprocessing.Pool` over actors: a fixed set of workers that run any function sent to them.
 *
 * ```ts
 * await using pool = new Pool({ processes: 4 });
 * await pool.map((n: number) => n * n, [1, 2, 3]);
 * ```
 *
 * Disposing terminates. To let the work finish first: `pool.close(); await pool.join()`.
 */
export class Pool implements AsyncDisposable {
  #dispatcher: Dispatcher<ActorHandle<PoolWorker>> = new Dispatcher();
  #workers: Promise<ActorHandle<PoolWorker>[]>;
  #running: Set<Promise<unknown>> = new Set();
  #closed = false;

  constructor(options: number | PoolOptions = {}) {
    const given = typeof options === "number" ? { processes: options } : options;
    if (given.processes !== undefined && !(Number.isInteger(given.processes) && given.processes > 0)) {
      throw new RangeError(`processes must be a whole number, 1 or more, not ${given.processes}`);
    }
    this.#workers = this.#start(given);
    // Whoever asks for work gets the error; nobody may.
    this.#workers.catch((error) => this.#dispatcher.close(error));
  }

  /** Calls `fn(...args)` in one worker. */
  async apply<A extends unknown[], R>(fn: (...args: A) => R, args: A): Promise<Awaited<R>> {
    const [result] = await this.#accept(fn, (code) => this.#chunk(code, [args]));
    return result as Awaited<R>;
  }

  /** As {@link apply}, without waiting. */
  applyAsync<A extends unknown[], R>(fn: (...args: A) => R, args: A): AsyncResult<Awaited<R>> {
    return new AsyncResult(this.apply(fn, args));
  }

  /** The results in the order of the items. Rejects with the first failure, without waiting for the rest. */
  async map<T, R>(fn: (item: T) => R, items: Iterable<T>, options: ChunkOptions = {}): Promise<Awaited<R>[]> {
    return await this.starmap(
      fn,
      Iterator.from(items).map((item): [T] => [item]),
      options,
    );
  }

  /** As {@link map}, without waiting. */
  mapAsync<T, R>(fn: (item: T) => R, items: Iterable<T>, options: ChunkOptions = {}): AsyncResult<Awaited<R>[]> {
    return new AsyncResult(this.map(fn, items, options));
  }

  /** As {@link map}, where each item is the list of arguments. */
  async starmap<A extends unknown[], R>(fn: (...args: A) => R, calls: Iterable<A>, options: ChunkOptions = {}): Promise<Awaited<R>[]> {
    const all = [...calls];
    const given = chunkSize(options);
    return await this.#accept(fn, async (code) => {
      const workers = (await this.#workers).length;
      // Four chunks a worker even out calls of unequal length.
      const size = given ?? Math.max(1, Math.ceil(all.length / (workers * 4)));
      const parts = await Promise.all([...chunks(all, size)].map((part) => this.#chunk(code, part)));
      return parts.flat() as Awaited<R>[];
    });
  }

  /** As {@link starmap}, without waiting. */
  starmapAsync<A extends unknown[], R>(fn: (...args: A) => R, calls: Iterable<A>, options: ChunkOptions = {}): AsyncResult<Awaited<R>[]> {
    return new AsyncResult(this.starmap(fn, calls, options));
  }

  /**
   * Results in order while the items are read lazily, a few chunks ahead of the consumer; `chunkSize` is 1.
   */
  imap<T, R>(fn: (item: T) => R, items: Iterable<T>, options: ChunkOptions = {}): AsyncGenerator<Awaited<R>, void, void> {
    return this.#lazily(fn, items, { ...options, ordered: true });
  }

  /** As {@link imap}, with each chunk's results as soon as they are there. */
  imapUnordered<T, R>(fn: (item: T) => R, items: Iterable<T>, options: ChunkOptions = {}): AsyncGenerator<Awaited<R>, void, void> {
    return this.#lazily(fn, items, { ...options, ordered: false });
  }

  /**
   * Takes no more work; what was asked for is finished, an `imap` as far as it is consumed. Then {@link
   * join}.
   */
  close(): void {
    this.#closed = true;
  }

  /** Stops the workers now. Work that is not done is rejected. */
  async terminate(): Promise<void> {
    this.#closed = true;
    this.#dispatcher.close(new PoolClosedError());
    const workers = await this.#workers.catch(() => []);
    await Promise.all(workers.map((worker) => kill(worker)));
  }

  /**
   * After {@link close} or {@link terminate}: waits until the work is done and the workers have stopped.
   * @throws {RangeError} when the pool still takes work
   */
  async join(): Promise<void> {
    if (!this.#closed) throw new RangeError("The pool still takes work. Call close() or terminate() before join().");
    await Promise.allSettled(this.#running);
    await this.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  async #start(options: PoolOptions): Promise<ActorHandle<PoolWorker>[]> {
    const initializer = options.initializer && put(options.initializer);
    const { processes = Math.max(1, Math.floor((await clusterResources())["CPU"] ?? 1)) } = options;
    const worker = PoolWorkerActor.options(options.actorOptions ?? {});
    const workers = Array.from({ length: processes }, () => worker.remote(initializer, options.initArgs ?? []));
    for (const each of workers) this.#dispatcher.add(each);
    return workers;
  }

  /** Refuses work on a closed pool, and keeps {@link join} waiting for the work that it lets through. */
  async #accept<R>(fn: PoolFunction, work: (code: Code) => Promise<R>): Promise<R> {
    if (this.#closed) throw new PoolClosedError();
    const running = work(put(fn));
    this.#running.add(running);
    return await running.finally(() => this.#running.delete(running));
  }

  async #chunk(code: Code, calls: readonly (readonly unknown[])[]): Promise<unknown[]> {
    return await get(await this.#dispatcher.run((worker) => worker.run.remote(code, calls)));
  }

  #lazily<T, R>(
    fn: (item: T) => R,
    items: Iterable<T>,
    options: ChunkOptions & { readonly ordered: boolean },
  ): AsyncGenerator<Awaited<R>, void, void> {
    if (this.#closed) throw new PoolClosedError();
    const source = chunks(
      Iterator.from(items).map((item): [T] => [item]),
      chunkSize(options) ?? 1,
    );
    return this.#stream(put<PoolFunction>(fn), source, options.ordered) as AsyncGenerator<Awaited<R>, void, void>;
  }

  async *#stream(code: Code, source: Source<unknown[][]>, ordered: boolean): AsyncGenerator<unknown, void, void> {
    const size = (await this.#workers).length * LOOKAHEAD;
    const start = (part: unknown[][]): Promise<unknown[]> => {
      const chunk = this.#chunk(code, part);
      this.#running.add(chunk);
      return chunk.finally(() => this.#running.delete(chunk));
    };
    for await (const part of slidingWindow(source, start, { size, ordered })) yield* part;
  }
}

function chunkSize({ chunkSize: size }: ChunkOptions): number | undefined {
  if (size !== undefined && !(Number.isInteger(size) && size > 0)) {
    throw new RangeError(`chunkSize must be a whole number, 1 or more, not ${size}`);
  }
  return size;
}

function* chunks<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    if (chunk.push(item) < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
