import type { Block } from "./block.ts";
import { bytesOf } from "./size_class.ts";
import { SlotState, type SlotTable } from "./slot_table.ts";

export interface RecyclerOptions {
  /** Bytes of buffers to keep in view for reuse; beyond, the oldest go to the manager when they are done with. */
  maxBytes: number;
  maxBlocks?: number;
}

const MAX_BLOCKS = 4096;
/** Buffers to look at for one that is free, before a new one is made. */
const PROBES = 64;

interface SizeClass {
  readonly blocks: Block[];
  cursor: number;
}

/**
 * The buffers that a thread has made, kept so that each can be used again as soon as the manager sets it free.
 *
 * Finding one needs no message, so a thread that only ever computes and puts has its buffers back all the same.
 * Nothing here may be seen by user code.
 */
export class Recycler {
  readonly #slots: SlotTable;
  readonly #maxBytes: number;
  readonly #maxBlocks: number;
  readonly #classes: Map<number, SizeClass> = new Map();
  /** By slot, oldest first. */
  readonly #blocks: Map<number, Block> = new Map();
  #bytes = 0;

  constructor(slots: SlotTable, options: RecyclerOptions) {
    this.#slots = slots;
    this.#maxBytes = options.maxBytes;
    this.#maxBlocks = options.maxBlocks ?? MAX_BLOCKS;
  }

  /** Bytes of the buffers in view, in use or free. */
  get trackedBytes(): number {
    return this.#bytes;
  }

  /** Keeps a new buffer, held, in view. */
  track(block: Block): void {
    // The slot was retired and has come back to us for another buffer.
    const stale = this.#blocks.get(block.slot);
    if (stale !== undefined) this.#forget(stale);
    this.#blocks.set(block.slot, block);
    let list = this.#classes.get(block.pages);
    if (list === undefined) this.#classes.set(block.pages, (list = { blocks: [], cursor: 0 }));
    list.blocks.push(block);
    this.#bytes += bytesOf(block.pages);
    while (this.#bytes > this.#maxBytes || this.#blocks.size > this.#maxBlocks) {
      const oldest = this.#blocks.values().next().value as Block;
      this.#forget(oldest);
      // What was free is nobody's use to wait for.
      if (!this.#slots.disown(oldest)) this.#slots.retire(oldest, SlotState.free);
    }
  }

  /** A free buffer of just `pages`, held from now on. Looks at a few in turn, or at all. */
  take(pages: number, { all = false }: { all?: boolean } = {}): Block | undefined {
    const list = this.#classes.get(pages);
    if (list === undefined) return undefined;
    for (let probes = all ? list.blocks.length : Math.min(PROBES, list.blocks.length); probes > 0; probes--) {
      if (list.cursor >= list.blocks.length) list.cursor = 0;
      const block = list.blocks[list.cursor];
      if (block === undefined) return undefined;
      const state = this.#slots.stateOfBlock(block);
      if (state === SlotState.free && this.#slots.take(block)) {
        list.cursor++;
        return block;
      }
      if (isGone(state)) this.#forget(block);
      else list.cursor++;
    }
    return undefined;
  }

  /** Takes a buffer out of view for good. */
  remove(slot: number): void {
    const block = this.#blocks.get(slot);
    if (block !== undefined) this.#forget(block);
  }

  blockOf(slot: number): Block | undefined {
    return this.#blocks.get(slot);
  }

  /** Lets go of buffers that the manager has taken away; until then their memory stays. Returns their bytes. */
  sweep(): number {
    const before = this.#bytes;
    for (const block of this.#blocks.values()) if (isGone(this.#slots.stateOfBlock(block))) this.#forget(block);
    return before - this.#bytes;
  }

  /** Leaves all buffers to the manager, as before the thread ends. */
  close(): void {
    for (const block of [...this.#blocks.values()]) {
      this.#forget(block);
      if (!this.#slots.disown(block)) this.#slots.retire(block, SlotState.free);
    }
  }

  #forget(block: Block): void {
    this.#blocks.delete(block.slot);
    this.#bytes -= bytesOf(block.pages);
    const list = this.#classes.get(block.pages);
    if (list === undefined) return;
    // Order does not matter: the last one fills the gap.
    const index = list.blocks.indexOf(block);
    const last = list.blocks.pop();
    if (last !== undefined && last !== block) list.blocks[index] = last;
    if (list.blocks.length === 0) this.#classes.delete(block.pages);
  }
}

function isGone(state: SlotState | undefined): boolean {
  return state === undefined || state === SlotState.empty;
}
