/**
 * A first-in, first-out line. `push` and `shift` take constant time however long the line is
 * (`Array.shift` on a long array does not, in every engine).
 */
export class Fifo<T> {
  #slots: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#slots.length - this.#head;
  }

  push(item: T): void {
    this.#slots.push(item);
  }

  /** Puts an item back at the front. */
  unshift(item: T): void {
    if (this.#head > 0) this.#slots[--this.#head] = item;
    else this.#slots.unshift(item);
  }

  /** The next item, left where it is; `undefined` when the line is empty. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Takes the next item out; `undefined` when the line is empty. */
  shift(): T | undefined {
    if (this.#head === this.#slots.length) return undefined;
    const item = this.#slots[this.#head];
    // The slot must not keep what it held alive until the next compaction.
    this.#slots[this.#head++] = undefined;
    if (this.#head >= 1024 && this.#head * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes everything out, in order. */
  drain(): T[] {
    const items = this.#slots.slice(this.#head) as T[];
    this.#slots = [];
    this.#head = 0;
    return items;
  }
}
