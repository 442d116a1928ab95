import type { Death } from "../../runtime/errors/mod.ts";
import { encodeWhole } from "../../runtime/values/mod.ts";

/** A death as it is told to places: whole, with the error that brought it. */
export function encodeDeath(death: Death): Uint8Array {
  return encodeWhole(death);
}
