import type { Death } from "../../runtime/errors/mod.ts";
import { contextOf, encodeValue } from "../../runtime/values/mod.ts";
import type { DeathRecord } from "../gcs/mod.ts";

/** A death as it is told to places: whole, with the error that brought it. */
export function encodeDeath(death: Death): Uint8Array {
  return encodeValue(death, contextOf()).bytes;
}

/** A death as a table keeps it: plain data. */
export function deathRecord(death: Death): DeathRecord {
  const { error: _live, ...record } = death;
  return record;
}
