import type { Gcs } from "./gcs.ts";
import type { Journal, Stored, StoredTable } from "./journal.ts";
import { StorageError } from "./storage/mod.ts";

/** Goes up with every change of what is written that an older store would misread. */
const FORMAT = 1;

/** Fills `gcs`'s empty tables with what `journal` holds, and marks a new store with the format. Gives whether its cluster was stopped. */
export async function recoverTables(gcs: Gcs, journal: Journal): Promise<boolean> {
  const meta = new Map(await journal.load("meta"));
  const format = meta.get("format");
  if (meta.size > 0 && format !== FORMAT) {
    const reason = Number(format) > FORMAT ? "newer" : "damaged";
    const message = `The store ${journal.location} has format ${String(format)}; this version reads ${FORMAT}. Use the version that wrote it, or start with an empty store.`;
    throw new StorageError({ message, location: journal.location, reason });
  }
  await restore(journal, "counters", (rows) => gcs.counters.restore(rows));
  await restore(journal, "jobs", (rows) => gcs.jobs.restore(rows));
  await restore(journal, "nodes", (rows) => gcs.nodes.restore(rows));
  await restore(journal, "functions", (rows) => gcs.functions.restore(rows));
  await restore(journal, "placement_groups", (rows) => gcs.placementGroups.restore(rows));
  await restore(journal, "actors", (rows) => gcs.actors.restore(rows));
  await restore(journal, "kv", (rows) => gcs.kv.restore(rows));
  if (format === undefined) journal.put("meta", "format", formatRow);
  await journal.flush();
  return meta.has("stopped");
}

/** @throws StorageError for rows that can be decoded, and are none of that table. */
async function restore(journal: Journal, table: StoredTable, fill: (rows: [key: string, data: unknown][]) => void): Promise<void> {
  const rows = await journal.load(table);
  try {
    fill(rows);
  } catch (cause) {
    const message = `The store ${journal.location} is damaged: table ${table} has a row that is none of its own (${String(cause)}). Restore it from a copy, or start with an empty store.`;
    throw new StorageError({ message, location: journal.location, reason: "damaged", cause });
  }
}

const formatRow: Stored = { stored: () => FORMAT };
