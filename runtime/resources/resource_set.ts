import { fromUnits, toUnits } from "./quantity.ts";

/**
 * Amounts of named resources (`CPU`, `GPU`, `memory` in bytes, custom names).
 *
 * Immutable. Kept in integer units, so that a million leases of 0.1 CPU given
 * out and back leave exactly what was there. No amount is ever negative, and an
 * amount of 0 is the same as none.
 */
export class ResourceSet {
  static readonly EMPTY: ResourceSet = new ResourceSet(new Map());

  readonly #units: ReadonlyMap<string, number>;
  #key: string | undefined;

  private constructor(units: ReadonlyMap<string, number>) {
    this.#units = units;
  }

  /** Reads `{ CPU: 0.5, memory: 1e9 }`. Throws `RangeError` for an amount that cannot be. */
  static from(amounts: Readonly<Record<string, number>>): ResourceSet {
    const units = new Map<string, number>();
    for (const [name, amount] of Object.entries(amounts)) put(units, name, toUnits(name, amount));
    return units.size === 0 ? ResourceSet.EMPTY : new ResourceSet(units);
  }

  get isEmpty(): boolean {
    return this.#units.size === 0;
  }

  /** The amount of one resource, 0 when it is not there. */
  get(name: string): number {
    return fromUnits(name, this.#units.get(name) ?? 0);
  }

  names(): string[] {
    return [...this.#units.keys()];
  }

  /** Whether this demand can be met from `available`. */
  fits(available: ResourceSet): boolean {
    for (const [name, units] of this.#units) {
      if (units > (available.#units.get(name) ?? 0)) return false;
    }
    return true;
  }

  /** The resources of this demand that `available` has too little of. */
  lacking(available: ResourceSet): string[] {
    return this.names().filter((name) => (this.#units.get(name) ?? 0) > (available.#units.get(name) ?? 0));
  }

  /** Both together. Throws `RangeError` past 2^53 units. */
  add(other: ResourceSet): ResourceSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const units = new Map(this.#units);
    for (const [name, more] of other.#units) {
      const sum = (units.get(name) ?? 0) + more;
      if (!Number.isSafeInteger(sum)) throw new RangeError(`Resource "${name}" would exceed what can be counted.`);
      units.set(name, sum);
    }
    return new ResourceSet(units);
  }

  /** What is left without `other`. Throws `RangeError` if that does not fit: ask `fits` first. */
  subtract(other: ResourceSet): ResourceSet {
    if (other.isEmpty) return this;
    const units = new Map(this.#units);
    for (const [name, less] of other.#units) {
      const rest = (units.get(name) ?? 0) - less;
      if (rest < 0) {
        throw new RangeError(`Cannot take ${other.get(name)} of resource "${name}" from ${this.get(name)}.`);
      }
      put(units, name, rest);
    }
    return units.size === 0 ? ResourceSet.EMPTY : new ResourceSet(units);
  }

  equals(other: ResourceSet): boolean {
    return this === other || this.key === other.key;
  }

  /** The same text for equal sets, whatever order they were written in. */
  get key(): string {
    this.#key ??= JSON.stringify([...this.#units].sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.#key;
  }

  /** Plain data that `from` reads back to an equal set. */
  toObject(): Record<string, number> {
    const amounts: Record<string, number> = {};
    for (const [name, units] of this.#units) {
      // Defined, not assigned: a resource may be called "__proto__".
      Object.defineProperty(amounts, name, {
        value: fromUnits(name, units),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return amounts;
  }

  toJSON(): Record<string, number> {
    return this.toObject();
  }

  /** `{CPU: 1, GPU: 0.5}` for messages. */
  toString(): string {
    return `{${[...this.#units].map(([name, units]) => `${name}: ${fromUnits(name, units)}`).join(", ")}}`;
  }
}

function put(units: Map<string, number>, name: string, amount: number): void {
  if (amount === 0) units.delete(name);
  else units.set(name, amount);
}
