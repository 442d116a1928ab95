import { SlotState, type SlotTable } from "../../runtime/memory/mod.ts";

/**
 * What places that are dead leave in the account: buffers that they were writing. A thread that cannot be stopped goes on
 * making such buffers, in its own name, and nobody else ever has them: so they are looked for again.
 */
export class Remains {
  readonly #slots: SlotTable;
  /** Numbers of places are not given twice. */
  readonly #dead: Set<number> = new Set();

  constructor(slots: SlotTable) {
    this.#slots = slots;
  }

  /** The place is dead, and what it has sealed is in its name no more. */
  placeDied(place: number): void {
    this.#dead.add(place);
    this.#retire(place);
  }

  /** Gives back what has been left since. Returns whether there was anything. A walk over the table for each of the dead. */
  sweep(): boolean {
    let found = false;
    for (const issuer of this.#slots.issuers()) if (this.#dead.has(issuer)) found = this.#retire(issuer) || found;
    return found;
  }

  #retire(place: number): boolean {
    let found = false;
    for (const slot of this.#slots.issuedBy(place)) {
      const use = { slot, stamp: this.#slots.stampOf(slot), pages: this.#slots.pagesOf(slot) };
      for (const from of [SlotState.held, SlotState.free, SlotState.untracked] as const) found = this.#slots.retire(use, from) || found;
    }
    return found;
  }
}
