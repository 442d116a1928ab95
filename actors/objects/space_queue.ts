import { Ring } from "../../runtime/kernel/mod.ts";
import {
  type Accounting,
  type Block,
  bytesOf,
  OutOfDiskFault,
  type SlotTable,
  StoreFullFault,
  Ticket,
  TicketState,
} from "../../runtime/memory/mod.ts";
import type { FreeBlocks } from "./free_blocks.ts";
import type { Grants } from "./grants.ts";

/** A request for room that waits its turn. */
export interface SpaceWaiter {
  readonly pages: number;
  readonly place: number;
  /** When it came, by the store's clock. */
  readonly since: number;
  /** Serves it if that is possible now, and says so. A withdrawn one counts as served. */
  serve(): boolean;
  refuse(reason: string, options: { disk: boolean }): void;
}

/** Requests for room, first come first served: a large one is not starved by small ones. */
export class SpaceQueue {
  readonly #accounting: Accounting;
  #waiting: Ring<SpaceWaiter> = new Ring();

  constructor(accounting: Accounting) {
    this.#accounting = accounting;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get head(): SpaceWaiter | undefined {
    const head = this.#waiting.shift();
    if (head !== undefined) this.#waiting.unshift(head);
    return head;
  }

  push(waiter: SpaceWaiter): void {
    this.#waiting.push(waiter);
    this.#accounting.waiters = this.#waiting.size;
  }

  shift(): SpaceWaiter | undefined {
    const waiter = this.#waiting.shift();
    this.#accounting.waiters = this.#waiting.size;
    return waiter;
  }

  /** Takes out all requests of a place. */
  remove(place: number): void {
    const rest = new Ring<SpaceWaiter>();
    for (let waiter = this.#waiting.shift(); waiter !== undefined; waiter = this.#waiting.shift()) {
      if (waiter.place !== place) rest.push(waiter);
    }
    this.#waiting = rest;
    this.#accounting.waiters = rest.size;
  }
}

/** What requests are served from. */
export interface Stock {
  readonly slots: SlotTable;
  readonly free: FreeBlocks;
  readonly grants: Grants;
}

/** A request of another thread, which waits at a ticket, perhaps blocked. */
export function ticketWaiter(stock: Stock, request: { pages: number; place: number; since: number; ticket: SharedArrayBuffer }): SpaceWaiter {
  const { pages, place, since } = request;
  const { slots, free, grants } = stock;
  const ticket = new Ticket(request.ticket);
  return {
    pages,
    place,
    since,
    serve() {
      if (ticket.state !== TicketState.waiting) return true;
      const own = free.takeFor(place, pages);
      if (own !== undefined) {
        if (!ticket.grant(own.slot)) free.release(own);
        return true;
      }
      if (!slots.accounting.reserve(pages)) return false;
      if (ticket.grant()) grants.add(place, { ticket, pages });
      else slots.accounting.release(pages);
      return true;
    },
    refuse(reason, { disk }) {
      ticket.refuse(disk ? TicketState.outOfDisk : TicketState.full, reason);
    },
  };
}

export interface OwnRequest {
  pages: number;
  /** The manager's own number as an issuer. */
  manager: number;
  since: number;
  granted(block: Block): void;
  refused(fault: StoreFullFault | OutOfDiskFault): void;
}

/** A request of the manager itself: for a restore, or a transfer from another node. */
export function ownWaiter({ slots, free }: Stock, { pages, manager, since, granted, refused }: OwnRequest): SpaceWaiter {
  const { accounting } = slots;
  const refuse = (reason: string, { disk }: { disk: boolean }): void => {
    const neededBytes = bytesOf(pages);
    if (disk) return refused(new OutOfDiskFault({ neededBytes, reason }));
    const capacityBytes = bytesOf(accounting.capacityPages);
    refused(new StoreFullFault({ neededBytes, capacityBytes, usedBytes: bytesOf(accounting.usedPages), reason }));
  };
  return {
    pages,
    place: manager,
    since,
    refuse,
    serve() {
      const block = free.take(pages);
      if (block !== undefined) {
        granted(block);
        return true;
      }
      if (!accounting.reserve(pages)) return false;
      let buffer: SharedArrayBuffer;
      try {
        buffer = new SharedArrayBuffer(bytesOf(pages));
      } catch {
        accounting.release(pages);
        refuse("the runtime has no memory for another buffer.", { disk: false });
        return true;
      }
      granted({ buffer, pages, ...slots.claim(manager, pages) });
      return true;
    },
  };
}
