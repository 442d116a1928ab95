import { assertWithin, type GcsLimits } from "./limits.ts";

/**
 * Refuses what can't name something: the empty string, a lone surrogate (two of them would be one name on
 * disk), U+0000 (it parts namespace and name in stored keys), more than `nameLength` characters.
 *
 * @throws RangeError naming `what`.
 */
export function assertName(limits: GcsLimits, what: string, name: string): void {
  if (typeof name !== "string" || name === "") throw new RangeError(`${what} must be a non-empty string`);
  assertWithin(limits, "nameLength", { what, actual: name.length });
  if (!name.isWellFormed() || name.includes("\0")) {
    throw new RangeError(`${what} must be well-formed text without U+0000: ${JSON.stringify(name)}`);
  }
}

/**
 * Names within namespaces, each held by one row. Two namespaces may use one name; the table that uses this
 * decides when a name is free again.
 */
export class NameIndex<Row> {
  readonly #namespaces = new Map<string, Map<string, Row>>();

  get(namespace: string, name: string): Row | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** False, and nothing changed, when the name is held. */
  claim(namespace: string, name: string, row: Row): boolean {
    let names = this.#namespaces.get(namespace);
    if (!names) this.#namespaces.set(namespace, (names = new Map()));
    if (names.has(name)) return false;
    names.set(name, row);
    return true;
  }

  release(namespace: string, name: string): void {
    const names = this.#namespaces.get(namespace);
    if (names?.delete(name) && names.size === 0) this.#namespaces.delete(namespace);
  }

  /** Rows by name in one namespace, or in all. */
  *rows(namespace?: string): Generator<Row> {
    if (namespace !== undefined) yield* this.#namespaces.get(namespace)?.values() ?? [];
    else for (const names of this.#namespaces.values()) yield* names.values();
  }
}
