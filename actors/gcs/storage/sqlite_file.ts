import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** "MOBU" in SQLite's header: tells our files from other programs' databases. */
const APPLICATION_ID = 0x4d4f4255;
/** SQLite's `user_version`: goes up when the tables below change. */
const LAYOUT = 2;

/** WITHOUT ROWID: a row is where it is looked for, so no index beside the table can lose one. */
const ROWS =
  "CREATE TABLE rows (tbl TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID";
const STATE = "CREATE TABLE state (batches INTEGER NOT NULL)";

/** Opens it, and makes it and its folder when absent. */
export function openFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  // Made before SQLite would make it, so that it is never readable by others; -wal takes over its mode.
  closeSync(openSync(path, "a", 0o600));
  return new DatabaseSync(path);
}

/**
 * Takes the lock. True for a file that has nothing in it yet.
 *
 * @throws Error with "foreign file" or "corrupt" in its message for one that is not as `prepareFile` made it.
 */
export function isFresh(database: DatabaseSync): boolean {
  // First of all: with it in force the log's index stays in this process, and no other can get in.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const owner = number(database, "PRAGMA application_id");
  const tables = database
    .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
    .all()
    .map(({ sql }) => sql);
  if (owner === 0 && tables.length === 0) return true;
  if (owner !== APPLICATION_ID) throw new Error("foreign file: it is another program's SQLite database");
  const layout = number(database, "PRAGMA user_version");
  if (layout !== LAYOUT) throw new Error(`corrupt, or of another version of Mobula: it has layout ${layout}, and this version reads ${LAYOUT}`);
  if (tables.length !== 2 || tables[0] !== ROWS || tables[1] !== STATE) throw new Error("corrupt: its tables are not those of a store");
  return false;
}

/** Makes the tables of a fresh file, and changes nothing of another. */
export function prepareFile(database: DatabaseSync, fresh: boolean): void {
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  if (mode !== "wal") throw new Error(`corrupt, or on a file system without locks: SQLite keeps its journal in mode ${mode}, not in a log`);
  database.exec("PRAGMA synchronous = NORMAL");
  // In a file that is not fresh a missing table is damage, not something to make. One that takes no writes says so now.
  if (!fresh) return database.exec("BEGIN IMMEDIATE; ROLLBACK");
  database.exec(`
    BEGIN IMMEDIATE;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${LAYOUT};
    ${ROWS};
    ${STATE};
    INSERT INTO state VALUES (0);
    COMMIT;
  `);
}

/** How many batches the file has taken since it was made. */
export function batchesIn(database: DatabaseSync): number {
  const states = database.prepare("SELECT batches FROM state").all();
  const batches = states[0]?.["batches"];
  if (states.length !== 1 || !Number.isSafeInteger(batches)) throw new Error("corrupt: the number of its batches can't be read");
  return batches as number;
}

function number(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}
