import { type Block, SlotState, type SlotTable, type SlotUse } from "../../runtime/memory/mod.ts";

export interface FreeBlocksOptions {
  /** Pages that may wait for reuse; one buffer always may. */
  maxPages: number;
  /** The manager's own number as an issuer. */
  manager: number;
  /** A buffer waits for reuse. */
  waits(): void;
  /** So much is no buffer's any more; its memory goes when the collectors find that. */
  retired?(pages: number): void;
}

/** So much, and the places that had it in view. */
export interface Reclaimed {
  readonly pages: number;
  readonly issuers: ReadonlySet<number>;
}

interface Free {
  readonly block: Block;
  /** The round in which it began to wait. */
  readonly round: number;
}

/**
 * The buffers without an object, as the manager sees them.
 *
 * Each is free in the name of the thread that made it, as that thread has it in view and can take it without a word;
 * so a buffer goes back to whoever has used its size. The manager takes what it needs itself, and takes back the
 * oldest for room. Entries may be out of date: their slots decide.
 */
export class FreeBlocks {
  readonly #slots: SlotTable;
  readonly #options: FreeBlocksOptions;
  /** By slot, those that have waited longest first. */
  readonly #blocks: Map<number, Free> = new Map();
  readonly #bySize: Map<number, Set<Block>> = new Map();
  #round = 0;

  constructor(slots: SlotTable, options: FreeBlocksOptions) {
    this.#slots = slots;
    this.#options = options;
  }

  /** The buffer that its issuer has filled, `place` if one is named; `undefined` if the slot is another's, or for reuse. */
  filled(buffer: SharedArrayBuffer, { slot, place }: { slot: number; place?: number }): Block | undefined {
    const state = this.#slots.stateOf(slot);
    if (state !== SlotState.held && state !== SlotState.untracked) return undefined;
    if (place !== undefined && this.#slots.issuerOf(slot) !== place) return undefined;
    this.forget(slot);
    return { buffer, slot, stamp: this.#slots.stampOf(slot), pages: this.#slots.pagesOf(slot) };
  }

  /** Takes over a held or untracked buffer. Its object is gone and nobody has a view. */
  release(block: Block): void {
    const { accounting } = this.#slots;
    const cached = accounting.cachedPages;
    if (cached > 0 && cached + block.pages > this.#options.maxPages) return this.retire(block);
    // Its thread has lost it from view: it is ours then.
    if (this.#slots.stateOfBlock(block) === SlotState.untracked) this.#slots.adopt(block, this.#options.manager);
    if (!this.#slots.free(block)) {
      // Its thread let go of it in this moment.
      this.#slots.adopt(block, this.#options.manager);
      this.#slots.free(block);
    }
    this.forget(block.slot);
    this.#blocks.set(block.slot, { block, round: this.#round });
    let size = this.#bySize.get(block.pages);
    if (size === undefined) this.#bySize.set(block.pages, (size = new Set()));
    size.add(block);
    this.#options.waits();
  }

  /** Gives back the pages of a held or untracked buffer. */
  retire(block: SlotUse): void {
    if (!this.#slots.retire(block, SlotState.held)) this.#slots.retire(block, SlotState.untracked);
    this.#options.retired?.(block.pages);
  }

  /** The slot has a new use: what is known of it here is out of date. */
  forget(slot: number): void {
    const block = this.#blocks.get(slot)?.block;
    if (block === undefined) return;
    this.#blocks.delete(slot);
    const size = this.#bySize.get(block.pages);
    size?.delete(block);
    if (size?.size === 0) this.#bySize.delete(block.pages);
  }

  /** A buffer that `place` has in view, held from now on. */
  takeFor(place: number, pages: number): Block | undefined {
    for (const block of this.#bySize.get(pages) ?? []) {
      if (this.#slots.issuerOf(block.slot) !== place) continue;
      this.forget(block.slot);
      if (this.#slots.grant(block)) return block;
    }
    return undefined;
  }

  /** Any buffer of just `pages`, for the manager, held from now on. */
  take(pages: number): Block | undefined {
    for (const block of this.#bySize.get(pages) ?? []) {
      this.forget(block.slot);
      if (this.#slots.adopt(block, this.#options.manager)) return block;
    }
    return undefined;
  }

  /** Whether any may wait for reuse. */
  get any(): boolean {
    return this.#blocks.size > 0;
  }

  /** Takes back buffers, the oldest first, until `pages` are free again or there are none. Returns whose they were. */
  reclaim(pages: number): Reclaimed {
    return this.#reclaim({ pages, round: this.#round });
  }

  /** Takes back those that have waited since before the last time. */
  reclaimUnused(): Reclaimed {
    return this.#reclaim({ pages: Number.POSITIVE_INFINITY, round: this.#round++ - 1 });
  }

  /** Up to those of that round. */
  #reclaim(most: { pages: number; round: number }): Reclaimed {
    const issuers = new Set<number>();
    let freed = 0;
    for (const { block, round } of this.#blocks.values()) {
      if (freed >= most.pages || round > most.round) break;
      const issuer = this.#slots.issuerOf(block.slot);
      this.forget(block.slot);
      if (!this.#slots.retire(block, SlotState.free)) continue;
      freed += block.pages;
      if (issuer !== undefined) issuers.add(issuer);
    }
    if (freed > 0) this.#options.retired?.(freed);
    return { pages: freed, issuers };
  }

  /** Makes the free buffers of a dead place the manager's. */
  inherit(place: number): void {
    for (const { block } of [...this.#blocks.values()]) {
      if (this.#slots.issuerOf(block.slot) !== place) continue;
      this.forget(block.slot);
      if (this.#slots.stateOfBlock(block) !== SlotState.free) continue;
      if (this.#slots.adopt(block, this.#options.manager)) this.release(block);
    }
  }
}
