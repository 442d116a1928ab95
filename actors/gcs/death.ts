import type { Death } from "../../runtime/errors/mod.ts";
import { ownBytes } from "./bytes.ts";
import { boundText, type GcsLimits } from "./limits.ts";

/** The end of an actor, a worker or a node as a table keeps it: plain data, the error in its wire form. */
export interface DeathRecord extends Omit<Death, "error"> {
  readonly error?: Uint8Array;
}

/** `death` cut to `textLength` and `logLines`, without an `error` over `deathErrorBytes`. */
export function boundDeath(limits: GcsLimits, death: DeathRecord): DeathRecord {
  const { detail, lastLogs, error, ...rest } = death;
  return Object.freeze({
    ...rest,
    ...(detail === undefined ? {} : { detail: boundText(limits, detail) }),
    ...(lastLogs?.length ? { lastLogs: lastLogs.slice(-limits.logLines).map((line) => boundText(limits, line)) } : {}),
    // Left out whole: half of an encoded error is none.
    ...(error && error.byteLength <= limits.deathErrorBytes ? { error: ownBytes(error) } : {}),
  });
}

/** The code of the error that a task's caller gets for such an end of the worker that ran it. */
export function lossCode(death: DeathRecord): string {
  if (death.cause === "out-of-memory") return "OUT_OF_MEMORY";
  return death.cause === "node-died" ? "NODE_DIED" : "WORKER_CRASHED";
}
