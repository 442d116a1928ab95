import { bytesOf, MIN_PAGES, PAGE_BYTES } from "./size_class.ts";

const LAYOUT_VERSION = 1;
const Word = { version: 0, capacity: 1, used: 2, cached: 3, waiters: 4, cursor: 5, slots: 6 } as const;
const HEADER_WORDS = 16;
const WORDS_PER_SLOT = 3;
/** Slots beyond what fits the capacity, for those claimed and not yet paid for. */
const SPARE_SLOTS = 64;

/**
 * The node's account of shared memory, one small shared buffer that every thread of the node has.
 *
 * Counts pages in 32-bit words, so up to 8 TiB. `used` is what all existing buffers take, `cached` the part of it
 * that waits for reuse and can be had back at any time. After the header comes a table of slots, one for each
 * buffer: see `SlotTable`. Every method is safe from any thread.
 */
export class Accounting {
  /** To be posted to every thread. */
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly capacityPages: number;
  readonly slotCount: number;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.words = new Int32Array(shared);
    if (this.words[Word.version] !== LAYOUT_VERSION) throw new TypeError("Not an account of this version of the store.");
    this.capacityPages = this.words[Word.capacity]!;
    this.slotCount = this.words[Word.slots]!;
  }

  /** @throws RangeError under one smallest buffer or over 8 TiB. */
  static create(capacityBytes: number): Accounting {
    const capacity = Math.floor(capacityBytes / PAGE_BYTES);
    if (!(capacity >= MIN_PAGES && capacity < 2 ** 31)) {
      throw new RangeError(`The store can have ${bytesOf(MIN_PAGES)} bytes to 8 TiB, not ${capacityBytes}.`);
    }
    const slots = Math.ceil(capacity / MIN_PAGES) + SPARE_SLOTS;
    const shared = new SharedArrayBuffer((HEADER_WORDS + slots * WORDS_PER_SLOT) * Int32Array.BYTES_PER_ELEMENT);
    const words = new Int32Array(shared);
    words[Word.capacity] = capacity;
    words[Word.slots] = slots;
    words[Word.version] = LAYOUT_VERSION;
    return new Accounting(shared);
  }

  get usedPages(): number {
    return Atomics.load(this.words, Word.used);
  }

  /** May lag behind for the length of a single move of a slot. */
  get cachedPages(): number {
    return Math.max(0, Atomics.load(this.words, Word.cached));
  }

  get freePages(): number {
    return this.capacityPages - this.usedPages;
  }

  /** While requests wait at the manager, nobody may overtake them. */
  get hasWaiters(): boolean {
    return Atomics.load(this.words, Word.waiters) > 0;
  }

  /** The manager's alone. */
  set waiters(count: number) {
    Atomics.store(this.words, Word.waiters, count);
  }

  /** Takes `pages` of what is left, or nothing at all. */
  reserve(pages: number): boolean {
    let used = this.usedPages;
    while (used + pages <= this.capacityPages) {
      const seen = Atomics.compareExchange(this.words, Word.used, used, used + pages);
      if (seen === used) return true;
      used = seen;
    }
    return false;
  }

  release(pages: number): void {
    Atomics.sub(this.words, Word.used, pages);
  }

  addCached(pages: number): void {
    Atomics.add(this.words, Word.cached, pages);
  }

  /** Where to look for an empty slot next. */
  nextSlot(): number {
    return (Atomics.add(this.words, Word.cursor, 1) >>> 0) % this.slotCount;
  }

  /** The first word of a slot. */
  slotOffset(slot: number): number {
    return HEADER_WORDS + slot * WORDS_PER_SLOT;
  }
}
