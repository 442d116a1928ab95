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
  /** The worker that sent the last item. */
  producer: number | undefined;
  /** Tells the producer how many items have been taken, for back-pressure. */
  onConsumed: ((count: number) => void) | undefined;

  constructor(completion: Entry) {
    this.completion = completion;
  }

  /** Whether an item of this index was here before; a retried generator makes its first items again. */
  has(index: number): boolean {
    return index < this.#next || this.#items.has(index);
  }

  add(index: number, entry: Entry): void {
    this.#items.set(index, entry);
    this.#wake();
  }

  /** `count` items in all. */
  end(count: number): void {
    this.#count = count;
    this.#wake();
  }

  /** Ends the stream with a last item that stands for a failure. */
  fail(entry: Entry): void {
    const index = this.received();
    this.#items.set(index, entry);
    this.end(index + 1);
  }

  /** How many items are here without a gap, taken ones included. */
  received(): number {
    let index = this.#next;
    while (this.#items.has(index)) index++;
    return index;
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
    this.onConsumed?.(this.#next);
    return entry;
  }

  get nextIsHere(): boolean {
    return this.#items.has(this.#next) || this.finished;
  }

  onChange(waiter: () => void): void {
    this.#waiters.push(waiter);
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
