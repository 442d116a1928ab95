import { StorageError, type StorageFailure } from "../../../runtime/errors/mod.ts";
import { RedisRefusal, RedisUnreachable } from "./redis_connection.ts";

/** What a Redis store's failures are called, and what to do about each. None of them tells the password. */
export class RedisErrors {
  readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  /** Any failure as a StorageError. */
  explain(verb: "open" | "read" | "write", cause: unknown): StorageError {
    if (cause instanceof StorageError) return cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    if (/certificate/i.test(text)) {
      const message = `Could not ${verb} the store ${this.location}: ${text}. Have this runtime trust the server's authority: NODE_EXTRA_CA_CERTS=FILE for Bun, --cert FILE for Deno.`;
      return this.#error("unavailable", message, cause);
    }
    if (cause instanceof RedisUnreachable) {
      return this.#error(
        "unavailable",
        `Could not ${verb} the store ${this.location}: ${text}. Check that the Redis server runs and that the address and port are right.`,
        cause,
      );
    }
    if (cause instanceof RedisRefusal && cause.denied) {
      return this.#error(
        "denied",
        `The Redis server of the store ${this.location} refused: ${text}. Check the user and password in the storage option.`,
        cause,
      );
    }
    if (/^WRONGTYPE/.test(text)) return this.damaged("another program uses its keys", cause);
    return this.#error("unavailable", `Could not ${verb} the store ${this.location}: ${text}.`, cause);
  }

  damaged(what: string, cause?: unknown): StorageError {
    return this.#error(
      "damaged",
      `The store ${this.location} is damaged or was not written by a control store: ${what}. Restore it from a copy, or name another prefix to start with an empty store.`,
      cause,
    );
  }

  /** The server came back without what it had acknowledged. */
  lost(): StorageError {
    return this.#error(
      "damaged",
      `The store ${this.location} has lost batches that were acknowledged. Run Redis with "appendonly yes" (and "appendfsync always" to lose nothing at all); start the control store anew to go on from what is left.`,
    );
  }

  newer(found: string, known: number): StorageError {
    return this.#error(
      "newer",
      `The store ${this.location} has layout ${found}; this version reads ${known}. Use the version that wrote it, or name another prefix to start with an empty store.`,
    );
  }

  inUse(holder: string): StorageError {
    return this.#error("in_use", `The store ${this.location} is in use by another control store (${holder}). Stop that one, or name another prefix.`);
  }

  fenced(holder: string): StorageError {
    return this.#error(
      "fenced",
      `The store ${this.location} was taken over by another control store (${holder || "gone since"}): this one must end.`,
    );
  }

  closed(): StorageError {
    return this.#error("unavailable", `The store ${this.location} is closed.`);
  }

  #error(reason: StorageFailure, message: string, cause?: unknown): StorageError {
    return new StorageError({ message, location: this.location, reason, ...(cause === undefined ? {} : { cause }) });
  }
}

/** "7 machine" as the lease has it, for people. */
export function holderText(lease: string): string {
  const [epoch, ...name] = lease.split(" ");
  return lease === "" ? "" : `on ${name.join(" ")}, epoch ${epoch}`;
}
