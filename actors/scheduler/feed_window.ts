/** A window that is taken within this time was too small: the node waited for the next tasks. Milliseconds. */
const FAST_MS = 10;
/** One that takes longer than this holds more than it needs. */
const SLOW_MS = 100;
/** Shorter times cannot be told from none. */
const LEAST_MS = 0.001;
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
  /** Begun since the window was last looked at. */
  #begun = 0;
  #since = 0;
  /** What is sent to idle workers is begun at once, however long it takes: that says nothing of its length. */
  #primed = false;
  #paceMs: number | undefined;

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
    if (this.#outstanding === 0 && this.#begun === 0) this.#since = now;
    this.#outstanding += count;
  }

  taken(count: number, now: number): void {
    this.#outstanding = Math.max(0, this.#outstanding - count);
    if (!this.#grows) {
      this.#size = Math.max(0, this.#size - count);
      return;
    }
    this.#begun += count;
    const tookMs = now - this.#since;
    if (this.#begun < Math.max(this.#slots, this.#size / 2)) return;
    if (this.#primed || this.#begun > this.#slots) this.#paceMs = Math.max(LEAST_MS, (tookMs * this.#slots) / this.#begun);
    if (!this.#primed) this.#primed = true;
    else if (tookMs > SLOW_MS) this.#size = Math.max(this.#slots, Math.ceil(this.#size / 2));
    else if (tookMs < FAST_MS) this.#size = Math.min(WINDOW_AT_MOST, this.#size * GROWTH);
    this.#begun = 0;
    this.#since = now;
  }

  /** Milliseconds a task has taken the node, one slot for itself; undefined while that is not known. */
  get paceMs(): number | undefined {
    return this.#paceMs;
  }

  /** What is sent next takes about so long, as tasks of its kind did before: no need to find out from the start. */
  expect(paceMs: number): void {
    if (this.#grows && this.#outstanding === 0) this.#size = Math.min(WINDOW_AT_MOST, this.#slots * Math.max(1, Math.floor(FAST_MS / paceMs)));
  }

  /** Nothing waits any more: what comes next may be of another length. */
  rest(): void {
    this.#primed = false;
    this.#paceMs = undefined;
    this.#begun = 0;
    if (this.#grows) this.#size = this.#slots;
  }
}
