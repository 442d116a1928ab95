/** A window that is taken within this time was too small: the node waited for the next tasks. Milliseconds. */
const FAST_MS = 10;
/** One that takes longer than this holds more than it needs. */
const SLOW_MS = 100;
const GROWTH = 4;
/** Tasks that are under way to a node and not begun there, at most. */
export const WINDOW_AT_MOST = 8_192;

/**
 * How many tasks to have under way to a node that have not been begun there. It starts with what the node can run at
 * once. When those have been begun as many again follow, to be found when they end; and from then on it grows while
 * the node takes what it gets at once, and shrinks when it does not: so long tasks are not hoarded by one node while
 * another idles, and tiny ones come by the thousand. Tasks leave in halves of it, so that one half is there while the
 * other is on its way.
 */
export class FeedWindow {
  readonly #grows: boolean;
  #slots: number;
  #size: number;
  #outstanding = 0;
  #since = 0;
  /** What is sent to idle workers is begun at once, however long it takes: that says nothing of its length. */
  #primed = false;

  constructor(slots: number, { grows }: { grows: boolean }) {
    this.#grows = grows;
    this.#slots = slots;
    this.#size = slots;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /** How many to send next: none while more than half is under way. */
  get next(): number {
    const free = this.#size - this.#outstanding;
    if (free <= 0 || !this.#grows || this.#size <= this.#slots) return Math.max(0, free);
    return free * 2 >= this.#size ? Math.ceil(this.#size / 2) : 0;
  }

  /** The node has room for so many more. */
  widen(slots: number): void {
    this.#slots = this.#grows ? Math.max(this.#slots, slots) : slots;
    this.#size = this.#grows ? Math.max(this.#size, slots) : this.#outstanding + slots;
  }

  sent(count: number, now: number): void {
    if (this.#outstanding === 0) this.#since = now;
    this.#outstanding += count;
  }

  taken(count: number, now: number): void {
    this.#outstanding = Math.max(0, this.#outstanding - count);
    if (!this.#grows) {
      this.#size = Math.max(0, this.#size - count);
      return;
    }
    const tookMs = now - this.#since;
    this.#since = now;
    if (!this.#primed) this.#primed = this.#outstanding === 0;
    else if (tookMs > SLOW_MS) this.#size = Math.max(this.#slots, Math.ceil(this.#size / 2));
    else if (tookMs < FAST_MS && count * 2 >= this.#size) this.#size = Math.min(WINDOW_AT_MOST, this.#size * GROWTH);
  }

  /** Nothing waits any more: what comes next may be of another length. */
  rest(): void {
    this.#primed = false;
    if (this.#grows) this.#size = this.#slots;
  }
}
