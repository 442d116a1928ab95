import type { Accounting } from "./accounting.ts";
import type { SlotUse } from "./block.ts";

/**
 * What a slot's buffer is doing.
 *
 *            claim                 free
 *   empty ──────────▶ held ───────────────▶ free
 *     ▲                │ ▲ └─ disown ▶ untracked
 *     │                │ └── take, grant ───┘ (from free)
 *     └──── retire ────┴──────(from any)
 *
 * - `held`: it is being written, or holds an object. Its issuer keeps it in view, so it can come back to it.
 * - `free`: it waits for reuse: its issuer takes it without asking, or the manager takes it away; one of them wins.
 * - `untracked`: as held, but its issuer does not keep it any more: the manager gets it in the end.
 */
export const SlotState = { empty: 0, held: 1, free: 2, untracked: 3 } as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

const STATE_BITS = 2;
const STATE_MASK = (1 << STATE_BITS) - 1;
const STATE = 0;
const ISSUER = 1;
const PAGES = 2;
const NOBODY = 0;

/**
 * One word for each buffer of the node, so that a buffer comes back to a thread that handles no messages just now,
 * and can be taken back from one that never will. Moves are atomic: of two threads that try, one gets `true`.
 *
 * A word holds the state and a stamp that changes with each use: a stale record of a slot can move nothing.
 */
export class SlotTable {
  readonly accounting: Accounting;
  readonly #words: Int32Array;

  constructor(accounting: Accounting) {
    this.accounting = accounting;
    this.#words = accounting.words;
  }

  /** An empty slot for a buffer of `pages` that were reserved before. `issuer` is a place's number in its node. */
  claim(issuer: number, pages: number): { slot: number; stamp: number } {
    const { accounting } = this;
    // There are more slots than buffers of the smallest size fit the capacity, so one is empty.
    for (;;) {
      const slot = accounting.nextSlot();
      const at = accounting.slotOffset(slot);
      // The issuer's word is what claims: a thread that dies on the way has left its name.
      if (Atomics.compareExchange(this.#words, at + ISSUER, NOBODY, issuer + 1) !== NOBODY) continue;
      Atomics.store(this.#words, at + PAGES, pages);
      const stamp = next(Atomics.load(this.#words, at + STATE) >>> STATE_BITS);
      Atomics.store(this.#words, at + STATE, pack(stamp, SlotState.held));
      return { slot, stamp };
    }
  }

  stateOf(slot: number): SlotState {
    return (Atomics.load(this.#words, this.accounting.slotOffset(slot) + STATE) & STATE_MASK) as SlotState;
  }

  stampOf(slot: number): number {
    return Atomics.load(this.#words, this.accounting.slotOffset(slot) + STATE) >>> STATE_BITS;
  }

  /** The state of a block that may be out of date: then `undefined`. */
  stateOfBlock({ slot, stamp }: SlotUse): SlotState | undefined {
    const word = Atomics.load(this.#words, this.accounting.slotOffset(slot) + STATE);
    return word >>> STATE_BITS === stamp ? ((word & STATE_MASK) as SlotState) : undefined;
  }

  /** The place that keeps the slot's buffer, `undefined` for an empty slot. */
  issuerOf(slot: number): number | undefined {
    const issuer = Atomics.load(this.#words, this.accounting.slotOffset(slot) + ISSUER);
    return issuer === NOBODY ? undefined : issuer - 1;
  }

  pagesOf(slot: number): number {
    return Atomics.load(this.#words, this.accounting.slotOffset(slot) + PAGES);
  }

  /** held → free. */
  free(block: SlotUse): boolean {
    if (!this.#move(block, { from: SlotState.held, to: SlotState.free, stamp: block.stamp })) return false;
    this.accounting.addCached(block.pages);
    return true;
  }

  /** free → held, with a new stamp, which the block gets. */
  take(block: SlotUse): boolean {
    const stamp = next(block.stamp);
    if (!this.#move(block, { from: SlotState.free, to: SlotState.held, stamp })) return false;
    this.accounting.addCached(-block.pages);
    block.stamp = stamp;
    return true;
  }

  /** free → held by the manager in the name of the issuer, whose record of it stays good: the stamp does not change. */
  grant(block: SlotUse): boolean {
    if (!this.#move(block, { from: SlotState.free, to: SlotState.held, stamp: block.stamp })) return false;
    this.accounting.addCached(-block.pages);
    return true;
  }

  /** held → untracked. */
  disown(block: SlotUse): boolean {
    return this.#move(block, { from: SlotState.held, to: SlotState.untracked, stamp: block.stamp });
  }

  /** Makes the manager (or who else) the issuer, whatever the state; the block is held with a new stamp then. */
  adopt(block: SlotUse, issuer: number): boolean {
    const stamp = next(block.stamp);
    for (const from of [SlotState.held, SlotState.free, SlotState.untracked] as const) {
      if (!this.#move(block, { from, to: SlotState.held, stamp })) continue;
      if (from === SlotState.free) this.accounting.addCached(-block.pages);
      Atomics.store(this.#words, this.accounting.slotOffset(block.slot) + ISSUER, issuer + 1);
      block.stamp = stamp;
      return true;
    }
    return false;
  }

  /** Ends the use of a buffer and gives its pages back, if it is in state `from`. */
  retire(block: SlotUse, from: Exclude<SlotState, typeof SlotState.empty>): boolean {
    if (!this.#move(block, { from, to: SlotState.empty, stamp: block.stamp })) return false;
    if (from === SlotState.free) this.accounting.addCached(-block.pages);
    this.accounting.release(block.pages);
    Atomics.store(this.#words, this.accounting.slotOffset(block.slot) + ISSUER, NOBODY);
    return true;
  }

  /** The places that have buffers. A walk over the table. */
  issuers(): Set<number> {
    const issuers = new Set<number>();
    for (let slot = 0; slot < this.accounting.slotCount; slot++) {
      const issuer = this.issuerOf(slot);
      if (issuer !== undefined) issuers.add(issuer);
    }
    return issuers;
  }

  /** The slots of a place's buffers. A walk over the table. */
  *issuedBy(issuer: number): Generator<number> {
    for (let slot = 0; slot < this.accounting.slotCount; slot++) if (this.issuerOf(slot) === issuer) yield slot;
  }

  #move({ slot, stamp }: SlotUse, move: { from: SlotState; to: SlotState; stamp: number }): boolean {
    const expected = pack(stamp, move.from);
    const at = this.accounting.slotOffset(slot) + STATE;
    return Atomics.compareExchange(this.#words, at, expected, pack(move.stamp, move.to)) === expected;
  }
}

function pack(stamp: number, state: SlotState): number {
  return (stamp << STATE_BITS) | state;
}

function next(stamp: number): number {
  return (stamp + 1) & (-1 >>> STATE_BITS);
}
