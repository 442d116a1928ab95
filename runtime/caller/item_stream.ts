import type { Payload } from "../values/mod.ts";
import type { Entry } from "./entry.ts";

/**
 * The items of a generator as they arrive at its owner. Items may come out of order; they are handed out in
 * order. `ended` is known when the last item's index is.
 */
export class ItemStream {
  readonly #items: Map<number, Entry> = new Map();
  #next = 0;
  #count: number | undefined;
  #waiters: (() => void)[] = [];
  /** Settles when the generator has ended, however it did. */
  readonly completion: Entry;
  /** The number of the `wait` that was given it last: tells whether one was given it twice. */
  lastWait = 0;
  /** The worker that sent the last item. */
  producer: number | undefined;
  /** Tells the producer how many items have been taken, for back-pressure. */
  onConsumed: ((count: number) => void) | undefined;
  /** What the generator threw. */
  failure: Payload | undefined;
  /** Nobody can read it any more. */
  #abandoned = false;

  constructor(completion: Entry) {
    this.completion = completion;
  }

  /** Whether an item of this index is wanted; a retried generator makes its first items again. */
  wants(index: number): boolean {
    return !this.#abandoned && index >= this.#next && !this.#items.has(index);
  }

  /** Takes the item in, with the one handle that stands for it here. */
  add(index: number, entry: Entry): void {
    this.#items.set(index, entry);
    this.#wake();
  }

  /** Tells the producer again what was taken: another run of it knows nothing of that. */
  tellConsumed(): void {
    this.onConsumed?.(this.#abandoned ? Number.MAX_SAFE_INTEGER : this.#next);
  }

  /** The reader is gone: what is here and what comes is dropped, and the producer never waits for it. */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    for (const entry of this.#items.values()) entry.letGo();
    this.#items.clear();
    if (this.#count === undefined) this.tellConsumed();
  }

  /** `count` items in all. */
  end(count: number): void {
    this.#count = count;
    this.#wake();
  }

  /** Ends the stream with a last item that stands for a failure. */
  fail(entry: Entry): void {
    const index = this.received();
    if (!this.#abandoned) this.#items.set(index, entry);
    this.end(index + 1);
  }

  /** How many items are here without a gap, taken ones included. */
  received(): number {
    let index = this.#next;
    while (this.#items.has(index)) index++;
    return index;
  }

  /** Whether all of its items are here, or nobody wants them. */
  get complete(): boolean {
    return this.#count !== undefined && (this.#abandoned || this.received() >= this.#count);
  }

  get finished(): boolean {
    return this.#count !== undefined && this.#next >= this.#count;
  }

  /** The next item, at once; undefined when it is not here yet or there is none. */
  take(): Entry | undefined {
    const entry = this.#items.get(this.#next);
    if (entry === undefined) return undefined;
    this.#items.delete(this.#next);
    this.#next++;
    // The reader's ref is its handle from now on.
    entry.handles--;
    this.onConsumed?.(this.#next);
    return entry;
  }

  get nextIsHere(): boolean {
    return this.#items.has(this.#next) || this.finished;
  }

  /** Calls back once at the next change; the returned function takes that back. */
  onChange(waiter: () => void): () => void {
    const waiters = this.#waiters;
    waiters.push(waiter);
    return () => {
      const at = waiters.indexOf(waiter);
      if (at >= 0) waiters.splice(at, 1);
    };
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
