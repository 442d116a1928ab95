import { ResourceSet } from "../../runtime/resources/mod.ts";

/**
 * What a node, or one bundle of a placement group, has and what of it is free.
 *
 * A task that waited for objects and goes on takes its CPU back even when it has been given away meanwhile: the
 * difference is a debt that returns pay first, so what is free is never negative and never too much.
 */
export class NodeResources {
  readonly total: ResourceSet;
  #available: ResourceSet;
  #debt: ResourceSet = ResourceSet.EMPTY;
  #heir: NodeResources | undefined;

  constructor(total: ResourceSet) {
    this.total = total;
    this.#available = total;
  }

  get available(): ResourceSet {
    return this.#available;
  }

  get debt(): ResourceSet {
    return this.#debt;
  }

  /** Whether it could ever be met from here. */
  feasible(demand: ResourceSet): boolean {
    return demand.fits(this.total);
  }

  /** Whether it is free now. */
  has(demand: ResourceSet): boolean {
    return this.#heir === undefined && demand.fits(this.#available);
  }

  /** Takes the demand if it is free. */
  take(demand: ResourceSet): boolean {
    if (!this.has(demand)) return false;
    this.#available = this.#available.subtract(demand);
    return true;
  }

  /** Takes the demand now, into debt where it is not free. */
  takeAnyway(demand: ResourceSet): void {
    const missing: Record<string, number> = {};
    for (const name of demand.lacking(this.#available)) missing[name] = demand.get(name) - this.#available.get(name);
    const debt = ResourceSet.from(missing);
    this.#available = this.#available.subtract(demand.subtract(debt));
    this.#debt = this.#debt.add(debt);
  }

  give(amount: ResourceSet): void {
    if (this.#debt.isEmpty) {
      this.#keep(amount);
      return;
    }
    const paid: Record<string, number> = {};
    for (const name of amount.names()) paid[name] = Math.min(amount.get(name), this.#debt.get(name));
    const payment = ResourceSet.from(paid);
    this.#debt = this.#debt.subtract(payment);
    this.#keep(amount.subtract(payment));
  }

  /** Ends this share: what is free goes to `heir` now, what is still held when it is given back. */
  dissolve(heir: NodeResources): void {
    if (this.#heir !== undefined) return;
    this.#heir = heir;
    const free = this.#available;
    this.#available = ResourceSet.EMPTY;
    heir.give(free);
  }

  #keep(amount: ResourceSet): void {
    if (this.#heir === undefined) this.#available = this.#available.add(amount);
    else this.#heir.give(amount);
  }
}

/** The part of a demand that a waiting task gives back: its CPUs, as with Ray. */
export function cpuPart(demand: ResourceSet): ResourceSet {
  return ResourceSet.from({ CPU: demand.get("CPU") });
}
