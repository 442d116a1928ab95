import { MemoryStorage } from "./memory.ts";
import type { RedisOptions } from "./redis.ts";
import { parseRedis, type RedisTarget } from "./redis_target.ts";
import type { Storage } from "./storage.ts";

/** What a storage option names. */
export type StorageChoice =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis"; readonly target: RedisTarget };

const KINDS = '"memory", "sqlite:PATH" or "redis://HOST"';

/**
 * Reads a storage option: "memory", "sqlite:PATH", "redis://[[user]:password@]host[:port][/db][?prefix=name]", or
 * the last with "rediss:" for TLS.
 *
 * @throws TypeError when it is no string, RangeError naming what is wrong with it. An address is never
 * repeated beyond its scheme: it may hold a password.
 */
export function parseStorage(option: string): StorageChoice {
  if (typeof option !== "string") {
    throw new TypeError(`storage must be a string, ${KINDS}, not ${typeof option}`);
  }
  if (option === "memory") return { kind: "memory" };
  const colon = option.indexOf(":");
  const scheme = colon < 0 ? option : option.slice(0, colon);
  if ((scheme === "redis" || scheme === "rediss") && colon > 0) return { kind: "redis", target: parseRedis(option) };
  if (scheme !== "sqlite" || colon < 0) {
    throw new RangeError(`storage: unknown kind ${JSON.stringify(scheme)}; use ${KINDS}`);
  }
  const path = option.slice(colon + 1);
  if (path === "") throw new RangeError('storage: "sqlite:" names no file; write "sqlite:PATH"');
  if (path === ":memory:") throw new RangeError('storage: "sqlite::memory:" keeps nothing; use "memory"');
  if (path.includes("\0")) throw new RangeError("storage: the path in sqlite:PATH must not contain U+0000");
  return { kind: "sqlite", path };
}

/**
 * Opens the store that a storage option names; the caller closes it. Rejects as `parseStorage` throws, and
 * with a `StorageError` when the store can't be opened. `options` are for stores that have a lease.
 */
export async function openStorage(option: string, options: RedisOptions = {}): Promise<Storage> {
  const choice = parseStorage(option);
  if (choice.kind === "memory") return new MemoryStorage();
  if (choice.kind === "redis") {
    const { RedisStorage } = await import("./redis.ts");
    return await RedisStorage.open(choice.target, options);
  }
  // Loaded on demand: edge runtimes have no node:sqlite, and need none for memory.
  const { SqliteStorage } = await import("./sqlite.ts");
  return new SqliteStorage(choice.path, { warn: options.warn });
}
