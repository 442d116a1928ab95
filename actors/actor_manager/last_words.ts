import type { Death } from "../../runtime/errors/mod.ts";
import type { ActorId } from "../../runtime/kernel/mod.ts";
import { decodeValue, encodeWhole } from "../../runtime/values/mod.ts";
import type { ActorInfo, DeathRecord } from "../gcs/mod.ts";

/** What they take together, at most; the latest is kept however large it is. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * How those of the latest dead came to their end, encoded, of whom the control store's table does not say it: it has no row
 * of them, or not the whole error.
 */
export class LastWords {
  readonly #limit: number;
  readonly #deaths: Map<ActorId, Uint8Array> = new Map();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(id: ActorId): boolean {
    return this.#deaths.has(id);
  }

  of(id: ActorId): Uint8Array | undefined {
    return this.#deaths.get(id);
  }

  keep(id: ActorId, death: Uint8Array): void {
    this.forget(id);
    this.#deaths.set(id, death);
    this.#bytes += death.byteLength;
    for (const oldest of this.#deaths.keys()) {
      if (this.#deaths.size <= this.#limit && (this.#bytes <= MAX_BYTES || oldest === id)) return;
      this.forget(oldest);
    }
  }

  /** It lives again. */
  forget(id: ActorId): void {
    this.#bytes -= this.#deaths.get(id)?.byteLength ?? 0;
    this.#deaths.delete(id);
  }
}

/** An actor's death with when it was, and where as far as only its row says so. */
export function placed(death: Death, row: Pick<ActorInfo, "nodeId" | "workerId">, at: number | undefined): Death {
  const { nodeId, workerId } = row;
  return { ...(at !== undefined && { at }), ...(nodeId !== undefined && { nodeId }), ...(workerId !== undefined && { workerId }), ...death };
}

/** A death with its error; of an error that cannot travel, its text can. */
export function encodeDeath(death: Death): Uint8Array {
  try {
    return encodeWhole(death);
  } catch {
    return encodeWhole({ ...death, error: new Error(String(death.error)) });
  }
}

/** A death as the control store's tables keep it. */
export function recordOf(death: Death): DeathRecord {
  const { error, ...rest } = death;
  return error === undefined ? rest : { ...rest, error: encodeError(error) };
}

/** How an actor that is no more, or is to be made anew, came to its end, as its row says it. */
export function deathOf({ actorId, death, endedMs, nodeId, workerId }: ActorInfo): Death {
  const { error, ...rest }: DeathRecord = death ?? { cause: "unknown" };
  const known: Death = { ...placed(rest, { nodeId, workerId }, rest.at ?? endedMs), actorId };
  return error === undefined ? known : { ...known, error: decodeValue(error) };
}

/** Of an error that cannot travel, its text can. */
function encodeError(error: unknown): Uint8Array {
  try {
    return encodeWhole(error);
  } catch {
    return encodeWhole(new Error(String(error)));
  }
}
