/** A first-in first-out queue that takes and gives in constant time (`Array.shift` is linear in some engines). */
export class Ring<T> {
  #items: (T | undefined)[];
  #head = 0;
  #size = 0;

  constructor(capacity = 16) {
    this.#items = new Array<T | undefined>(capacity);
  }

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /** Puts an item back in front. */
  unshift(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#size++;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#size--;
    return item;
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#head];
  }

  /** Takes out the first item that fits; linear. */
  remove(fits: (item: T) => boolean): T | undefined {
    for (let i = 0; i < this.#size; i++) {
      const at = (this.#head + i) & (this.#items.length - 1);
      const item = this.#items[at] as T;
      if (!fits(item)) continue;
      for (let j = i; j > 0; j--) {
        const to = (this.#head + j) & (this.#items.length - 1);
        this.#items[to] = this.#items[(this.#head + j - 1) & (this.#items.length - 1)];
      }
      this.shift();
      return item;
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#items[(this.#head + i) & (this.#items.length - 1)] as T;
  }

  /** Capacities are powers of two. */
  #grow(): void {
    const items = [...this];
    this.#items = items;
    this.#items.length = Math.max(16, items.length * 2);
    this.#head = 0;
  }
}
