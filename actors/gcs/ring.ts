/**
 * A queue of at most `capacity` items, oldest first; one more pushes the oldest out. Grows as it fills, so
 * that many small ones cost little. (`Array.shift` is linear in Deno.)
 */
export class Ring<T> implements Iterable<T> {
  readonly capacity: number;
  #items: (T | undefined)[] = [];
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends, and gives the item that had to make room. */
  push(item: T): T | undefined {
    const dropped = this.#size === this.capacity ? this.shift() : undefined;
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) % this.#items.length] = item;
    this.#size++;
    return dropped;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#items.length;
    this.#size--;
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = this.#size = 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#items[(this.#head + i) % this.#items.length] as T;
  }

  #grow(): void {
    const items: (T | undefined)[] = [...this];
    items.length = Math.min(this.capacity, Math.max(8, items.length * 2));
    this.#items = items.fill(undefined, this.#size);
    this.#head = 0;
  }
}
