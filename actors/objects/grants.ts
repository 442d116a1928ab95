import { type Accounting, type Ticket, TicketState } from "../../runtime/memory/mod.ts";

/**
 * Pages that were reserved for a place which may die before it has made its buffer.
 * What it has not redeemed by then is given back.
 */
export class Grants {
  readonly #accounting: Accounting;
  readonly #open: Map<number, { ticket: Ticket; pages: number }[]> = new Map();

  constructor(accounting: Accounting) {
    this.#accounting = accounting;
  }

  add(place: number, grant: { ticket: Ticket; pages: number }): void {
    const open = (this.#open.get(place) ?? []).filter(isOpen);
    open.push(grant);
    this.#open.set(place, open);
  }

  placeDied(place: number): void {
    for (const grant of this.#open.get(place) ?? []) if (isOpen(grant)) this.#accounting.release(grant.pages);
    this.#open.delete(place);
  }
}

function isOpen({ ticket }: { ticket: Ticket }): boolean {
  return ticket.state === TicketState.granted;
}
