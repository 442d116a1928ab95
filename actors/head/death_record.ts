import type { Death } from "../../runtime/errors/mod.ts";
import type { DeathRecord } from "../gcs/mod.ts";

/** A death as a table keeps it: plain data. */
export function deathRecord(death: Death): DeathRecord {
  const { error: _live, ...record } = death;
  return record;
}
