import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { StorageError, type StorageFailure } from "../../../runtime/errors/mod.ts";
import { batchesIn, isFresh, openFile, prepareFile } from "./sqlite_file.ts";
import type { Mutation, Storage, StoredRow } from "./storage.ts";
import { StoreMark } from "./store_mark.ts";

/**
 * Storage in one SQLite file, made with its folder when absent (file mode 0600: it holds users' values).
 *
 * WAL with `synchronous=NORMAL`: a commit outlives this process's death at any instant; a power cut may take
 * the last commits, never the file's consistency, and `warn` is then told of it. The lock is exclusive and held
 * until `close`, and the system drops it with a dead process.
 *
 * A file that has not all that it acknowledged is refused. SQLite itself notices neither a flipped bit inside a
 * row nor a log that was cut: so every row carries a CRC-32 of its table, key and value, which opening checks, and
 * every batch its number, which a `StoreMark` beside the file repeats.
 */
export class SqliteStorage implements Storage {
  readonly location: string;
  readonly volatile: boolean = false;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #mark: StoreMark;
  readonly #warn: (text: string) => void;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #load: StatementSync;
  readonly #count: StatementSync;
  readonly #utf8 = new TextEncoder();
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: true });
  /** In the file. */
  #batches: number;
  #marked = true;
  #open = true;

  /** @throws StorageError when the file can't be opened, is in use, is not a control store's, or is not whole. */
  constructor(path: string, options: { readonly warn?: ((text: string) => void) | undefined } = {}) {
    this.#path = resolve(path);
    this.#warn = options.warn ?? (() => {});
    this.location = `sqlite:${this.#path}`;
    this.#mark = new StoreMark(this.#path);
    this.#database = this.#attempt("open", () => {
      // Who moves the file away starts anew: its mark is no longer about anything.
      if (!existsSync(this.#path)) this.#mark.remove();
      return openFile(this.#path);
    });
    try {
      const fresh = this.#attempt("open", () => isFresh(this.#database));
      this.#assertSound();
      if (fresh) this.#assertComplete(0);
      this.#batches = this.#attempt("open", () => {
        prepareFile(this.#database, fresh);
        return batchesIn(this.#database);
      });
      if (!fresh) this.#assertComplete(this.#batches);
      const prepare = (sql: string) => this.#attempt("open", () => this.#database.prepare(sql));
      this.#put = prepare("INSERT OR REPLACE INTO rows (tbl, key, value, crc) VALUES (?, ?, ?, ?)");
      this.#delete = prepare("DELETE FROM rows WHERE tbl = ? AND key = ?");
      this.#load = prepare("SELECT tbl, key, value, crc FROM rows WHERE tbl = ? ORDER BY key");
      this.#count = prepare("UPDATE state SET batches = ?");
      this.#attempt("open", () => this.#checkRows());
      this.#attempt("open", () => this.#mark.write(this.#batches));
    } catch (error) {
      this.#mark.close();
      this.#database.close();
      throw error;
    }
  }

  async load(table: string): Promise<StoredRow[]> {
    const rows = this.#attempt("read", () => this.#load.all(table)) as unknown as FileRow[];
    return rows.map((row) => [this.#soundKey(row), row.value] as const);
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    this.#attempt("write", () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const mutation of batch) {
          // Keys are blobs: Deno cuts a text at U+0000 when it reads it.
          const key = this.#utf8.encode(mutation.key);
          if (mutation.type === "delete") this.#delete.run(mutation.table, key);
          else this.#put.run(mutation.table, key, mutation.value, checksum(mutation.table, key, mutation.value));
        }
        this.#count.run(this.#batches + 1);
        this.#database.exec("COMMIT");
      } catch (error) {
        // SQLite has rolled back by itself after some errors (disk full); then there is nothing to undo.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
    this.#batches++;
    this.#writeMark();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      // Deno leaves the log behind on close; folded in here, one file is the whole store.
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      this.#mark.close();
      this.#database.close();
    }
  }

  /** The batch is in the file, so a mark that can't follow is no failure of it. */
  #writeMark(): void {
    try {
      this.#mark.write(this.#batches);
      this.#marked = true;
    } catch (error) {
      if (this.#marked) {
        this.#warn(
          `Could not write ${this.#mark.path}: ${String(error)}. Until it can be written, damage to the end of the store file ${this.#path} may pass unnoticed.`,
        );
      }
      this.#marked = false;
    }
  }

  #assertComplete(batches: number): void {
    const promised = this.#attempt("open", () => this.#mark.read());
    if (promised === undefined) return;
    if (promised === "unreadable") {
      this.#warn(`The store file ${this.#path} has a mark that can't be read, ${this.#mark.path}: whether its last batches are there is not known.`);
    } else if (promised.batches > batches && promised.sameBoot) {
      const message = `The store file ${this.#path} is damaged: it lacks the last ${promised.batches - batches} of ${promised.batches} batches that it had acknowledged, as when its log ${this.#path}-wal was cut or removed, or when it is an older copy. Put the log back or restore the file from a copy; to go on with what is there, remove ${this.#mark.path}.`;
      throw this.#error("damaged", message, undefined);
    } else if (promised.batches > batches) {
      this.#warn(
        `The store file ${this.#path} lacks the last ${promised.batches - batches} of ${promised.batches} batches: the machine went down before they were on its disk. What was written in them is lost.`,
      );
    }
  }

  /** Also of tables that nobody loads: a flipped bit in a row's table would otherwise hide it. */
  #checkRows(): void {
    for (const row of this.#database.prepare("SELECT tbl, key, value, crc FROM rows").iterate()) this.#soundKey(row as unknown as FileRow);
  }

  #soundKey({ tbl, key, value, crc }: FileRow): string {
    const shown = key instanceof Uint8Array ? this.#text.decode(key) : String(key);
    if (!(key instanceof Uint8Array && value instanceof Uint8Array) || checksum(String(tbl), key, value) !== crc) {
      throw this.#damaged(`row ${JSON.stringify(shown)} of table ${JSON.stringify(tbl)} fails its checksum`);
    }
    return shown;
  }

  #assertSound(): void {
    const found = this.#attempt("open", () => this.#database.prepare("PRAGMA quick_check(1)").get());
    const verdict = found && Object.values(found)[0];
    if (verdict !== "ok") throw this.#damaged(String(verdict));
  }

  #attempt<T>(verb: "open" | "read" | "write", action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw this.#explain(verb, error);
    }
  }

  #explain(verb: string, cause: unknown): StorageError {
    const text = cause instanceof Error ? cause.message : String(cause);
    // By message: of the two runtimes only one gives SQLite's error number.
    if (/not a database|malformed|unsupported file format|foreign file|corrupt/i.test(text)) return this.#damaged(text, cause);
    if (/locked|busy/i.test(text)) {
      return this.#error("in_use", `The store file ${this.#path} is in use by another control store. Stop that one, or name another file.`, cause);
    }
    const closed = this.#open ? "" : " (the store is closed)";
    return this.#error(
      "unavailable",
      `Could not ${verb} the store file ${this.#path}: ${text}${closed}. Check that the path is a file this user may write, on a disk with room.`,
      cause,
    );
  }

  #damaged(what: string, cause?: unknown): StorageError {
    return this.#error(
      "damaged",
      `The store file ${this.#path} is damaged or was not written by a control store: ${what}. Restore it from a copy, or move it away to start with an empty store.`,
      cause,
    );
  }

  #error(reason: StorageFailure, message: string, cause: unknown): StorageError {
    return new StorageError({ message, location: this.location, reason, cause });
  }
}

interface FileRow {
  readonly tbl: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly crc: number;
}

function checksum(table: string, key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key, crc32(table)));
}
