import { type ActorHandle, type ActorOptions, get, kill, QueueEmptyError, QueueFullError } from "../mod.ts";
import { type PatientCall, patiently, type WaitOptions } from "./patience.ts";
import { type QueueBuffer, startQueueActor } from "./queue_actor.ts";
import { travels } from "./travel.ts";

export interface QueueOptions {
  /** How many items fit; 0, the default, means any number. */
  readonly maxSize?: number;
  /** Options of the actor that holds the items, such as `name` or `lifetime`. */
  readonly actorOptions?: ActorOptions;
}

/**
 * A first-in, first-out queue that any number of tasks and actors share. The items live in an actor; the
 * queue itself is a handle that can be passed to tasks, stored and returned.
 *
 * Items are encoded once and come out as they went in; an `ObjectRef` put in comes out as an
 * `ObjectRef`. A `get` that times out or aborts loses no item. What was handed to a worker that dies is gone.
 */
export class Queue<T> {
  readonly maxSize: number;
  /** The actor behind; its life is the queue's. */
  readonly actor: ActorHandle<QueueBuffer>;

  /** @param actor the actor of a running queue, to make one more handle of it; else one is started */
  constructor(options: number | QueueOptions = {}, actor?: ActorHandle<QueueBuffer>) {
    const given = typeof options === "number" ? { maxSize: options } : options;
    this.maxSize = given.maxSize ?? 0;
    if (!Number.isInteger(this.maxSize) || this.maxSize < 0) {
      throw new RangeError(`maxSize must be a whole number, 0 or more, not ${this.maxSize}`);
    }
    this.actor = actor ?? startQueueActor(this.maxSize, given.actorOptions ?? {});
  }

  /**
   * Waits for room, then puts the item at the end.
   * @throws {QueueFullError} when there was none within `timeoutMs`
   */
  async put(item: T, options?: WaitOptions): Promise<void> {
    await this.#insert([item], options);
  }

  /**
   * Waits for an item and takes it out.
   * @throws {QueueEmptyError} when none came within `timeoutMs`
   */
  async get(options?: WaitOptions): Promise<T> {
    const [item] = await this.#extract(1, options);
    return item as T;
  }

  /** @throws {QueueFullError} when there is no room now */
  async putNowait(item: T): Promise<void> {
    if (!(await get(this.actor.tryPut.remote([item])))) throw this.#full();
  }

  /** @throws {QueueEmptyError} when there is nothing now */
  async getNowait(): Promise<T> {
    const taken = await get(this.actor.tryGet.remote(1));
    if (taken === undefined) throw new QueueEmptyError();
    return taken[0] as T;
  }

  /**
   * Puts all items, next to each other and in order, or none. Does not wait unless `timeoutMs` or `signal`
   * is given.
   * @throws {QueueFullError} when they do not all fit
   */
  async putBatch(items: Iterable<T>, options?: WaitOptions): Promise<void> {
    const batch = [...items];
    if (this.maxSize > 0 && batch.length > this.maxSize) throw this.#full();
    const patient = options?.timeoutMs !== undefined || options?.signal !== undefined;
    if (patient) return await this.#insert(batch, options);
    if (!(await get(this.actor.tryPut.remote(batch)))) throw this.#full();
  }

  /**
   * Takes exactly `count` items, or none. Does not wait unless `timeoutMs` or `signal` is given.
   * @throws {QueueEmptyError} when there are fewer
   */
  async getBatch(count: number, options?: WaitOptions): Promise<T[]> {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`count must be a whole number, not ${count}`);
    if (this.maxSize > 0 && count > this.maxSize) {
      throw new RangeError(`a queue of ${this.maxSize} never holds ${count} items`);
    }
    const patient = options?.timeoutMs !== undefined || options?.signal !== undefined;
    if (patient) return await this.#extract(count, options);
    const taken = await get(this.actor.tryGet.remote(count));
    if (taken === undefined) throw new QueueEmptyError();
    return taken as T[];
  }

  async size(): Promise<number> {
    return await get(this.actor.size.remote());
  }

  async empty(): Promise<boolean> {
    return (await this.size()) === 0;
  }

  async full(): Promise<boolean> {
    return this.maxSize > 0 && (await this.size()) >= this.maxSize;
  }

  /** Ends the queue for everyone. Items in it are dropped; those who wait get an `ActorDiedError`. */
  async shutdown(): Promise<void> {
    await kill(this.actor);
  }

  async #insert(items: T[], options?: WaitOptions): Promise<void> {
    const call: PatientCall<true> = {
      begin: (ticket) => this.actor.put.remote(items, ticket),
      withdraw: (ticket) => this.actor.withdraw.remote(ticket),
      tooLate: () => this.#full(),
    };
    await patiently(call, options);
  }

  async #extract(count: number, options?: WaitOptions): Promise<T[]> {
    const call: PatientCall<unknown[]> = {
      begin: (ticket) => this.actor.get.remote(count, ticket),
      withdraw: (ticket) => this.actor.withdraw.remote(ticket),
      tooLate: () => new QueueEmptyError(),
    };
    return (await patiently(call, options)) as T[];
  }

  #full(): QueueFullError {
    return new QueueFullError({ maxSize: this.maxSize });
  }
}

travels(
  Queue<unknown>,
  (queue) => ({ maxSize: queue.maxSize, actor: queue.actor }),
  ({ maxSize, actor }) => new Queue<unknown>(maxSize, actor),
);
