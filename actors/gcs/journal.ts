import { Encoder } from "cbor-x/encode";
import type { Clock } from "../../runtime/kernel/mod.ts";
import { type Mutation, type Storage, StorageError } from "./storage/mod.ts";

/** What can be written: `stored()` gives the row as plain data, and is called when the batch is made. */
export interface Stored {
  stored(): unknown;
}

/** The tables that outlive the control store. */
export type StoredTable = "meta" | "counters" | "nodes" | "jobs" | "actors" | "placement_groups" | "functions" | "bundles" | "kv";

/** How long after a batch was refused it is tried again. */
const RETRY_MS = 1_000;

// Plain maps, no record extension: each value has to be readable without the others.
const cbor = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false });

/**
 * Writes rows behind the tables' back. A table marks what it changed; at the end of the turn one atomic
 * batch with every mark goes to storage, so the store always holds a state in which all tables agree. A row
 * changed ten times in a turn is encoded and written once.
 *
 * One batch is under way at a time. What storage refuses stays marked, and goes with the next batch, at the latest
 * after `RETRY_MS`: the marks are bounded by the rows there are, not by how long storage is away. A store that
 * another has taken over gets no more.
 */
export class Journal {
  readonly #storage: Storage;
  readonly #onFailure: (error: unknown) => void;
  #marks = new Map<StoredTable, Map<string, Stored | null>>();
  #running: Promise<void> | undefined;
  /** Those for whom what they have marked has to be in storage, however long that takes. */
  #patient: (() => void)[] = [];
  #scheduled = false;
  #failing = false;
  #closed = false;
  readonly #after: Clock["after"] | undefined;
  #cancelRetry: (() => void) | undefined;

  /** `onFailure` is told the first of several failures in a row. Without `after` nothing is tried again by itself. */
  constructor(
    storage: Storage,
    options: { readonly onFailure?: ((error: unknown) => void) | undefined; readonly after?: Clock["after"] | undefined } = {},
  ) {
    this.#storage = storage;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#after = options.after;
  }

  get location(): string {
    return this.#storage.location;
  }

  put(table: StoredTable, key: string, row: Stored): void {
    this.#mark(table, key, row);
  }

  delete(table: StoredTable, key: string): void {
    this.#mark(table, key, null);
  }

  /** True when some change has not reached storage. */
  get dirty(): boolean {
    return this.#marks.size > 0 || this.#running !== undefined;
  }

  /** Resolves once all that was marked before the call is in storage; rejects as storage does. */
  async flush(): Promise<void> {
    // The batch under way may have been made before the last marks; its failure has put its marks back.
    if (this.#running) await this.#running.catch(() => {});
    // Another flush may have come first through the line above: then its batch holds our marks too.
    this.#running ??= this.#write().finally(() => (this.#running = undefined));
    await this.#running;
  }

  /** Resolves once all that was marked before the call is in storage, however often that is refused: never, if the store is lost. */
  kept(): Promise<void> {
    const kept = new Promise<void>((resolve) => this.#patient.push(resolve));
    // A failure has been told to onFailure.
    this.flush().catch(() => {});
    return kept;
  }

  /** The decoded rows of one table, by key. @throws StorageError when one can't be decoded. */
  async load(table: StoredTable): Promise<[key: string, data: unknown][]> {
    const rows = await this.#storage.load(table);
    return rows.map(([key, value]) => {
      try {
        return [key, cbor.decode(value)];
      } catch (cause) {
        const message = `The store ${this.#storage.location} is damaged: row ${JSON.stringify(key)} of table ${table} can't be decoded. Restore it from a copy, or start with an empty store.`;
        throw new StorageError({ message, location: this.#storage.location, reason: "damaged", cause });
      }
    });
  }

  /** Flushes and closes the storage, which is closed also when the flush fails. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      this.#cancelRetry?.();
      await this.#storage.close();
    }
  }

  #mark(table: StoredTable, key: string, row: Stored | null): void {
    if (this.#storage.volatile || this.#closed) return;
    let rows = this.#marks.get(table);
    if (!rows) this.#marks.set(table, (rows = new Map()));
    rows.set(key, row);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // At the end of the turn; a failure has been told to onFailure.
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.flush().catch(() => {});
    });
  }

  async #write(): Promise<void> {
    const [marks, patient] = [this.#marks, this.#patient];
    this.#patient = [];
    this.#marks = new Map();
    try {
      if (marks.size > 0) await this.#storage.apply(batchOf(marks));
      this.#failing = false;
      for (const resolve of patient) resolve();
    } catch (error) {
      this.#putBack(marks);
      this.#patient.unshift(...patient);
      if (!this.#failing) this.#onFailure(error);
      this.#failing = true;
      this.#tryAgain(error);
      throw error;
    }
  }

  #tryAgain(failure: unknown): void {
    if (this.#cancelRetry || (failure instanceof StorageError && failure.reason === "fenced")) return;
    this.#cancelRetry = this.#after?.(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      if (!this.#closed) this.flush().catch(() => {});
    });
  }

  /** Marks made since are newer, and stay. */
  #putBack(marks: Map<StoredTable, Map<string, Stored | null>>): void {
    for (const [table, rows] of marks) {
      this.#marks.set(table, new Map([...rows, ...(this.#marks.get(table) ?? [])]));
    }
  }
}

function batchOf(marks: Map<StoredTable, Map<string, Stored | null>>): Mutation[] {
  const batch: Mutation[] = [];
  for (const [table, rows] of marks) {
    for (const [key, row] of rows) {
      if (row === null) batch.push({ type: "delete", table, key });
      else batch.push({ type: "put", table, key, value: cbor.encode(row.stored()) });
    }
  }
  return batch;
}

/** The size of `data` as the journal would write it, in bytes. */
export function encodedSize(data: unknown): number {
  return cbor.encode(data).byteLength;
}
