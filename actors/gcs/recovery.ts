import type { Gcs } from "./gcs.ts";
import type { Journal, Stored } from "./journal.ts";
import { StorageError } from "./storage/mod.ts";

/** Goes up with every change of what is written that an older store would misread. */
const FORMAT = 1;

/** Fills `gcs`'s empty tables with what `journal` holds, and marks a new store with the format. */
export async function recoverTables(gcs: Gcs, journal: Journal): Promise<void> {
  const [format] = await journal.load("meta");
  if (format && format[1] !== FORMAT) {
    const reason = Number(format[1]) > FORMAT ? "newer" : "damaged";
    const message = `The store ${journal.location} has format ${String(format[1])}; this version reads ${FORMAT}. Use the version that wrote it, or start with an empty store.`;
    throw new StorageError({ message, location: journal.location, reason });
  }
  gcs.counters.restore(await journal.load("counters"));
  gcs.jobs.restore(await journal.load("jobs"));
  gcs.nodes.restore(await journal.load("nodes"));
  gcs.functions.restore(await journal.load("functions"));
  gcs.placementGroups.restore(await journal.load("placement_groups"));
  gcs.actors.restore(await journal.load("actors"));
  gcs.kv.restore(await journal.load("kv"));
  if (!format) journal.put("meta", "format", formatRow);
  await journal.flush();
}

const formatRow: Stored = { stored: () => FORMAT };
