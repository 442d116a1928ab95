import { Accounting } from "./accounting.ts";
import type { Block } from "./block.ts";
import { OutOfDiskFault, StoreFullFault } from "./faults.ts";
import { Recycler } from "./recycler.ts";
import { bytesOf, classPages } from "./size_class.ts";
import { SlotState, SlotTable } from "./slot_table.ts";
import { Ticket, TicketState } from "./ticket.ts";

/** How long a put waits for room when the manager says neither yes nor no. */
export const PUT_DEADLINE_MS = 30_000;

/** A request to the object manager. */
export interface SpaceRequest {
  /** Pages that the buffer will take. */
  readonly pages: number;
  /** The manager answers here: `new Ticket(ticket)`. */
  readonly ticket: SharedArrayBuffer;
}

export interface AllocatorOptions {
  /** This place's number in its node. */
  place: number;
  /**
   * Tells the manager that room is needed. MUST deliver before it returns everything that this place told the
   * manager before (seals, drops, unmapped), as the thread may block now: what would free room may be among it.
   */
  requestSpace(request: SpaceRequest): void;
  /** What this thread can do by itself before it blocks: collect garbage, look for views that are gone. */
  beforeBlocking?(): void;
  /** `false` where the manager lives in this very thread: then `allocate` throws where it would block. */
  mayBlock?: boolean;
  deadlineMs?: number;
  /** Bytes of own buffers to keep in view for reuse. Default: the capacity. */
  maxTrackedBytes?: number;
}

/**
 * Shared buffers for new large values, in one thread.
 *
 * A buffer may be larger than asked for and holds whatever its last use left. It is the store's: after the value is
 * sealed the caller keeps no view on it, as it is used again once the object is gone.
 */
export class Allocator {
  readonly accounting: Accounting;
  readonly #options: AllocatorOptions;
  readonly #slots: SlotTable;
  readonly #recycler: Recycler;
  readonly #slotOf: WeakMap<SharedArrayBuffer, number> = new WeakMap();

  constructor(accounting: SharedArrayBuffer | Accounting, options: AllocatorOptions) {
    this.accounting = accounting instanceof Accounting ? accounting : new Accounting(accounting);
    this.#options = options;
    this.#slots = new SlotTable(this.accounting);
    this.#recycler = new Recycler(this.#slots, {
      maxBytes: options.maxTrackedBytes ?? bytesOf(this.accounting.capacityPages),
    });
  }

  /**
   * A buffer of at least `bytes`; blocks the thread while the manager makes room.
   * @throws StoreFullFault, OutOfDiskFault
   */
  allocate(bytes: number): SharedArrayBuffer {
    const pages = this.#pagesFor(bytes);
    const buffer = this.#atOnce(pages);
    if (buffer !== undefined) return buffer;
    if (this.#options.mayBlock === false) throw this.#full(bytes, "the store has no room right now and cannot wait here.");
    this.#options.beforeBlocking?.();
    const ticket = this.#request(pages);
    ticket.wait(this.#options.deadlineMs ?? PUT_DEADLINE_MS);
    return this.#redeem(ticket, bytes);
  }

  /** As `allocate`, without blocking. A withdrawn wait costs nothing. */
  async allocateAsync(bytes: number): Promise<SharedArrayBuffer> {
    const pages = this.#pagesFor(bytes);
    const buffer = this.#atOnce(pages);
    if (buffer !== undefined) return buffer;
    const ticket = this.#request(pages);
    await ticket.waitAsync(this.#options.deadlineMs ?? PUT_DEADLINE_MS);
    return this.#redeem(ticket, bytes);
  }

  /** The slot of a buffer that came from here; goes to the manager with the seal. */
  slotOf(buffer: SharedArrayBuffer): number {
    const slot = this.#slotOf.get(buffer);
    if (slot === undefined) throw new TypeError("This buffer does not come from this allocator.");
    return slot;
  }

  /** Gives back a buffer that was not sealed, as after an error on the way. */
  discard(buffer: SharedArrayBuffer): void {
    const slot = this.slotOf(buffer);
    this.#slotOf.delete(buffer);
    this.#recycler.remove(slot);
    this.#retire(slot);
  }

  /** Lets go of buffers that the manager has taken back. Returns their bytes; their memory goes with the collector. */
  sweep(): number {
    return this.#recycler.sweep();
  }

  /** Leaves all buffers to the manager. The allocator must not be used after. */
  close(): void {
    this.#recycler.close();
  }

  #atOnce(pages: number): SharedArrayBuffer | undefined {
    const block = this.#recycler.take(pages);
    if (block !== undefined) return block.buffer;
    if (this.accounting.hasWaiters || !this.accounting.reserve(pages)) return this.#recycler.take(pages, { all: true })?.buffer;
    return this.#fresh(pages);
  }

  /** A new buffer, for pages that are reserved. */
  #fresh(pages: number): SharedArrayBuffer {
    let buffer: SharedArrayBuffer;
    try {
      buffer = new SharedArrayBuffer(bytesOf(pages));
    } catch (error) {
      this.accounting.release(pages);
      throw this.#noMemory(pages, error);
    }
    const block: Block = { buffer, pages, ...this.#slots.claim(this.#options.place, pages) };
    this.#slotOf.set(buffer, block.slot);
    this.#recycler.track(block);
    return buffer;
  }

  /** A new buffer for a slot whose own was lost from view while a request waited for the answer. */
  #replace(slot: number): SharedArrayBuffer {
    const pages = this.#slots.pagesOf(slot);
    let buffer: SharedArrayBuffer;
    try {
      buffer = new SharedArrayBuffer(bytesOf(pages));
    } catch (error) {
      this.#retire(slot);
      throw this.#noMemory(pages, error);
    }
    this.#slotOf.set(buffer, slot);
    return buffer;
  }

  #retire(slot: number): void {
    const block = { slot, stamp: this.#slots.stampOf(slot), pages: this.#slots.pagesOf(slot) };
    if (!this.#slots.retire(block, SlotState.held)) this.#slots.retire(block, SlotState.untracked);
  }

  #request(pages: number): Ticket {
    const ticket = new Ticket();
    this.#options.requestSpace({ pages, ticket: ticket.shared });
    return ticket;
  }

  #redeem(ticket: Ticket, bytes: number): SharedArrayBuffer {
    // A ticket that nobody answered in time; an answer that comes in this moment counts.
    if (ticket.withdraw()) {
      const seconds = (this.#options.deadlineMs ?? PUT_DEADLINE_MS) / 1000;
      throw this.#full(bytes, `no room came free within ${seconds} s.`);
    }
    if (ticket.state === TicketState.outOfDisk) throw new OutOfDiskFault({ neededBytes: bytes, reason: ticket.reason });
    if (ticket.state !== TicketState.granted) throw this.#full(bytes, ticket.reason);
    const { slot } = ticket;
    try {
      if (slot === undefined) return this.#fresh(this.#pagesFor(bytes));
      return this.#recycler.blockOf(slot)?.buffer ?? this.#replace(slot);
    } finally {
      ticket.redeem();
    }
  }

  #pagesFor(bytes: number): number {
    const pages = classPages(bytes, this.accounting.capacityPages);
    if (pages <= this.accounting.capacityPages) return pages;
    throw this.#full(bytes, "the value is larger than the whole store. Raise objectStoreMemory or store it in parts.");
  }

  #noMemory(pages: number, cause: unknown): StoreFullFault {
    const fault = this.#full(bytesOf(pages), "the runtime has no memory for another buffer.");
    fault.cause = cause;
    return fault;
  }

  #full(neededBytes: number, reason: string): StoreFullFault {
    const { capacityPages, usedPages, cachedPages } = this.accounting;
    const usedBytes = bytesOf(Math.max(0, usedPages - cachedPages));
    return new StoreFullFault({ neededBytes, capacityBytes: bytesOf(capacityPages), usedBytes, reason });
  }
}
