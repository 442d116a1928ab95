import { StorageError } from "../../../runtime/errors/mod.ts";
import { compareCodePoints } from "./key_order.ts";
import type { Mutation, Storage, StoredRow } from "./storage.ts";

/**
 * Storage that ends with its holder. Volatile unless `kept`: a simulation that restarts the control store
 * keeps the object and opens it again.
 */
export class MemoryStorage implements Storage {
  readonly location: string = "memory";
  readonly volatile: boolean;
  readonly #tables = new Map<string, Map<string, Uint8Array>>();
  #open = true;

  constructor(options: { readonly kept?: boolean } = {}) {
    this.volatile = !options.kept;
  }

  async load(table: string): Promise<StoredRow[]> {
    this.#assertOpen();
    const rows = [...(this.#tables.get(table) ?? [])];
    rows.sort((a, b) => compareCodePoints(a[0], b[0]));
    return rows.map(([key, value]) => [key, value.slice()] as const);
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    this.#assertOpen();
    for (const mutation of batch) {
      let table = this.#tables.get(mutation.table);
      if (!table) this.#tables.set(mutation.table, (table = new Map()));
      if (mutation.type === "put") table.set(mutation.key, new Uint8Array(mutation.value));
      else table.delete(mutation.key);
    }
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  /** Opens a closed store again, as a restarted control store does. */
  reopen(): this {
    this.#open = true;
    return this;
  }

  #assertOpen(): void {
    if (this.#open) return;
    throw new StorageError({ message: "The memory store is closed.", location: this.location, reason: "unavailable" });
  }
}
