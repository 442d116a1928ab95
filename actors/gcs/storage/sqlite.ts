import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { StorageError, type StorageFailure } from "../../../runtime/errors/mod.ts";
import type { Mutation, Storage, StoredRow } from "./storage.ts";

/** "MOBU" in SQLite's header: tells our files from other programs' databases. */
const APPLICATION_ID = 0x4d4f4255;

/**
 * Storage in one SQLite file, made with its folder when absent (file mode 0600: it holds users' values).
 *
 * WAL with `synchronous=NORMAL`: a commit outlives this process's death at any instant; a power cut may take
 * the last commits, never the file's consistency. The lock is exclusive and held until `close`, and the
 * system drops it with a dead process. Every row carries a CRC-32, since SQLite itself does not notice a
 * flipped bit inside a value.
 */
export class SqliteStorage implements Storage {
  readonly location: string;
  readonly volatile: boolean = false;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #load: StatementSync;
  readonly #utf8 = new TextEncoder();
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: true });
  #open = true;

  /** @throws StorageError when the file can't be opened, is in use, or is not a control store's. */
  constructor(path: string) {
    this.#path = resolve(path);
    this.location = `sqlite:${this.#path}`;
    this.#database = this.#attempt("open", () => openFile(this.#path));
    try {
      this.#attempt("open", () => prepareFile(this.#database));
      this.#assertSound();
      const prepare = (sql: string) => this.#attempt("open", () => this.#database.prepare(sql));
      this.#put = prepare("INSERT OR REPLACE INTO rows (tbl, key, value, crc) VALUES (?, ?, ?, ?)");
      this.#delete = prepare("DELETE FROM rows WHERE tbl = ? AND key = ?");
      this.#load = prepare("SELECT key, value, crc FROM rows WHERE tbl = ? ORDER BY key");
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  async load(table: string): Promise<StoredRow[]> {
    const rows = this.#attempt("read", () => this.#load.all(table)) as unknown as FileRow[];
    return rows.map((row) => {
      const key = this.#text.decode(row.key);
      if (checksum(row.key, row.value) !== row.crc) {
        throw this.#damaged(`row ${JSON.stringify(key)} of table ${table} fails its checksum`);
      }
      return [key, row.value] as const;
    });
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    this.#attempt("write", () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const mutation of batch) {
          // Keys are blobs: Deno cuts a text at U+0000 when it reads it.
          const key = this.#utf8.encode(mutation.key);
          if (mutation.type === "delete") this.#delete.run(mutation.table, key);
          else this.#put.run(mutation.table, key, mutation.value, checksum(key, mutation.value));
        }
        this.#database.exec("COMMIT");
      } catch (error) {
        // SQLite has rolled back by itself after some errors (disk full); then there is nothing to undo.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      // Deno leaves the log behind on close; folded in here, one file is the whole store.
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      this.#database.close();
    }
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
    if (/not a database|malformed|foreign file|corrupt/i.test(text)) return this.#damaged(text, cause);
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
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly crc: number;
}

function openFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  // Made before SQLite would make it, so that it is never readable by others; -wal takes over its mode.
  closeSync(openSync(path, "a", 0o600));
  return new DatabaseSync(path);
}

function prepareFile(database: DatabaseSync): void {
  // First of all: with it in force the log's index stays in this process, and no other can get in.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const owner = database.prepare("PRAGMA application_id").get()?.["application_id"];
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"];
  if (owner !== APPLICATION_ID && (owner !== 0 || tables !== 0)) {
    throw new Error("foreign file: it is another program's SQLite database");
  }
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec(`
    BEGIN IMMEDIATE;
    PRAGMA application_id = ${APPLICATION_ID};
    CREATE TABLE IF NOT EXISTS rows (
      tbl TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (tbl, key)
    );
    COMMIT;
  `);
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}
