import { type ActorHandle, get, type ObjectRef } from "../mod.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Fifo } from "./fifo.ts";
import { WaitTimeoutError } from "./wait_timeout_error.ts";
import { type Source, slidingWindow } from "./window.ts";
import { within } from "./within.ts";

/** How a value becomes a call: `(actor, value) => actor.predict.remote(value)`. */
export type PoolCall<A, V, R> = (actor: ActorHandle<A>, value: V) => ObjectRef<R>;

export interface NextOptions {
  /** Milliseconds to wait for the result; without it, for ever. */
  readonly timeoutMs?: number;
  /** On a timeout, skip that call: its result will never be returned. */
  readonly ignoreIfTimedout?: boolean;
}

/** How many results a map may hold for a slow consumer, for each actor. */
const LOOKAHEAD = 4;

interface Submitted {
  readonly done: Promise<ObjectRef<unknown>>;
  settled: boolean;
  /** Handed out by one of the two ways to take results, so gone for the other. */
  taken: boolean;
}

/**
 * Spreads calls over a fixed set of actors, each working on one call at a time. Actors with state that is
 * dear to build, such as a loaded model, are built once and used for every call.
 */
export class ActorPool<A> {
  #dispatcher: Dispatcher<ActorHandle<A>> = new Dispatcher();
  /** Submitted, in order of submission; those taken otherwise are skipped when they come to the front. */
  #submitted: Fifo<Submitted> = new Fifo();
  /** The same, in order of completion. */
  #finished: Fifo<Submitted> = new Fifo();
  #untaken = 0;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(actors: Iterable<ActorHandle<A>>) {
    for (const actor of actors) this.#dispatcher.add(actor);
  }

  /**
   * Results in the order of the values. Values are read lazily, a few for each actor ahead of the
   * consumer. A call that fails ends the iteration with its error at its turn.
   */
  map<V, R>(call: PoolCall<A, V, R>, values: Source<V>): AsyncIterableIterator<R> {
    return this.#over(call, values, true);
  }

  /** As {@link map}, with each result as soon as it is there. */
  mapUnordered<V, R>(call: PoolCall<A, V, R>, values: Source<V>): AsyncIterableIterator<R> {
    return this.#over(call, values, false);
  }

  /** Hands one call to the next idle actor, now or as soon as there is one. */
  submit<V, R>(call: PoolCall<A, V, R>, value: V): void {
    const done = this.#dispatcher.run((actor) => call(actor, value));
    const submitted: Submitted = { done, settled: false, taken: false };
    const settle = (): void => {
      submitted.settled = true;
      this.#finished.push(submitted);
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    };
    done.then(settle, settle);
    this.#submitted.push(submitted);
    this.#untaken++;
  }

  /** Whether something submitted has not been taken by `getNext` or `getNextUnordered`. */
  hasNext(): boolean {
    return this.#untaken > 0;
  }

  /**
   * The result of the longest-ago submitted call.
   * @throws {RangeError} when nothing is submitted
   * @throws {GetTimeoutError} when it is not there in time; a later call may still get it
   */
  async getNext<R = unknown>(options: NextOptions = {}): Promise<R> {
    const first = this.#take(this.#submitted);
    if (first === undefined) throw nothingSubmitted();
    if (!(await within(first.done, options.timeoutMs))) {
      if (!options.ignoreIfTimedout) this.#giveBack(first);
      throw tooLate(options);
    }
    return (await get(await first.done)) as R;
  }

  /**
   * The result of whichever submitted call is done first.
   * @throws {RangeError} when nothing is submitted
   * @throws {GetTimeoutError} when none is there in time; a later call may still get one
   */
  async getNextUnordered<R = unknown>(options: Pick<NextOptions, "timeoutMs"> = {}): Promise<R> {
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const first = this.#take(this.#finished);
      if (first !== undefined) return (await get(await first.done)) as R;
      if (this.#untaken === 0) throw nothingSubmitted();
      const left = Math.max(0, deadline - performance.now());
      if (!(await within(this.#news.promise, left))) throw tooLate(options);
    }
  }

  /** Whether an actor is idle. */
  hasFree(): boolean {
    return this.#dispatcher.idle > 0;
  }

  /** Adds an actor; it takes waiting calls at once. */
  push(actor: ActorHandle<A>): void {
    this.#dispatcher.add(actor);
  }

  /** Takes an idle actor out of the pool; `undefined` when all are busy. */
  popIdle(): ActorHandle<A> | undefined {
    return this.#dispatcher.remove();
  }

  #over<V, R>(call: PoolCall<A, V, R>, values: Source<V>, ordered: boolean): AsyncGenerator<R, void, void> {
    const size = Math.max(1, this.#dispatcher.size) * LOOKAHEAD;
    const start = async (value: V): Promise<R> => await get(await this.#dispatcher.run((actor) => call(actor, value)));
    return slidingWindow(values, start, { size, ordered });
  }

  #take(line: Fifo<Submitted>): Submitted | undefined {
    for (;;) {
      const next = line.shift();
      if (next === undefined) return undefined;
      if (next.taken) continue;
      next.taken = true;
      this.#untaken--;
      return next;
    }
  }

  #giveBack(submitted: Submitted): void {
    submitted.taken = false;
    this.#untaken++;
    this.#submitted.unshift(submitted);
    // It may have finished meanwhile and been skipped in the other line.
    if (submitted.settled) this.#finished.push(submitted);
  }
}

function nothingSubmitted(): RangeError {
  return new RangeError("Nothing is submitted, or everything has been taken. Ask hasNext() first.");
}

function tooLate({ timeoutMs = 0 }: NextOptions): WaitTimeoutError {
  return new WaitTimeoutError({ timeoutMs, waitedFor: "a result of the pool" });
}
