import type { KvContract, KvValue } from "../contracts/mod.ts";
import { NotInitializedError } from "../errors/mod.ts";
import { ActorNumber, HEAD_PLACE, type Remote, remoteContract } from "../kernel/mod.ts";
import { checkKvDeleteOptions, checkKvOptions, checkKvPutOptions, type KvDeleteOptions, type KvOptions, type KvPutOptions } from "../options/mod.ts";
import { awaiting, currentSession, neverInShadow } from "../session/mod.ts";

export type { KvValue };

/**
 * Small values that the cluster's control store keeps, for what must be found by name from anywhere: seen by every
 * place at once, and, with a `storage` that keeps, still there when the head was started anew. Not for data: use
 * `put` and refs for that. A value is text or bytes, 16 MiB at most, and comes back as what it was put as.
 *
 * A change resolves once it is in storage. All reject with NotInitializedError where no node is connected, with
 * TypeError or RangeError for what can't be a key, a value or an option, and with a RangeError that names the limit
 * (`code` `LIMIT_EXCEEDED`) past one.
 */
export interface Kv {
  /** The value of a key; undefined when there is none. */
  get(key: string, options?: KvOptions): Promise<KvValue | undefined>;
  /** The values of those keys that there are. */
  multiGet(keys: readonly string[], options?: KvOptions): Promise<Map<string, KvValue>>;
  /** Whether it was written: false when the key was there and `overwrite` is false. */
  put(key: string, value: KvValue, options?: KvPutOptions): Promise<boolean>;
  /** Deletes a key, or with `prefix` every key that begins so; resolves with how many there were. */
  del(key: string, options?: KvDeleteOptions): Promise<number>;
  exists(key: string, options?: KvOptions): Promise<boolean>;
  /** The keys that begin with `prefix`, in the order of their code points. */
  keys(prefix?: string, options?: KvOptions): Promise<string[]>;
}

const DEFAULT_NAMESPACE = "default";
/** Keys asked for with one question. */
const KEYS_AT_ONCE = 1_000;

export const kv: Kv = {
  async get(key, options) {
    const namespace = namespaceOf(checkKvOptions(options, "kv.get()"));
    assertKey("kv.get()", key);
    const value = await ask("kv.get()", (table) => table.get(namespace, key));
    return value === null ? undefined : own(value);
  },

  async multiGet(keys, options) {
    const namespace = namespaceOf(checkKvOptions(options, "kv.multiGet()"));
    if (!Array.isArray(keys)) throw new TypeError("kv.multiGet() takes an array of keys");
    for (const key of keys) assertKey("kv.multiGet()", key);
    const found = new Map<string, KvValue>();
    for (let at = 0; at < keys.length; ) {
      const values = await ask("kv.multiGet()", (table) => table.multiGet(namespace, keys.slice(at, at + KEYS_AT_ONCE)));
      for (const value of values) {
        if (value !== null) found.set(keys[at] as string, own(value));
        at++;
      }
    }
    return found;
  },

  async put(key, value, options) {
    const { overwrite = true, ...rest } = checkKvPutOptions(options);
    assertKey("kv.put()", key);
    if (typeof value !== "string" && !(value instanceof Uint8Array)) {
      throw new TypeError("kv.put() takes a string or a Uint8Array as the value; encode others first");
    }
    if (typeof value === "string") assertText("kv.put()", value);
    // A copy now: the message leaves at the end of the turn, and the caller may write to its array before that.
    const sent = typeof value === "string" ? value : new Uint8Array(value);
    return await ask("kv.put()", (table) => table.put(namespaceOf(rest), key, sent, overwrite));
  },

  async del(key, options) {
    const { prefix = false, ...rest } = checkKvDeleteOptions(options);
    assertKey("kv.del()", key);
    return await ask("kv.del()", (table) => table.delete(namespaceOf(rest), key, prefix));
  },

  async exists(key, options) {
    const namespace = namespaceOf(checkKvOptions(options, "kv.exists()"));
    assertKey("kv.exists()", key);
    return await ask("kv.exists()", (table) => table.exists(namespace, key));
  },

  async keys(prefix = "", options) {
    const namespace = namespaceOf(checkKvOptions(options, "kv.keys()"));
    assertKey("kv.keys()", prefix);
    const all: string[] = [];
    for (let more = true; more; ) {
      const page = await ask("kv.keys()", (table) => table.keys(namespace, prefix, all.at(-1) ?? null));
      all.push(...page.keys);
      more = page.more;
    }
    return all;
  },
};

function namespaceOf({ namespace = DEFAULT_NAMESPACE }: KvOptions): string {
  return namespace;
}

function assertKey(call: string, key: unknown): void {
  if (typeof key !== "string") throw new TypeError(`${call} takes a string as the key, not ${typeof key}`);
  assertText(call, key);
}

/** Half a character would arrive as another one. */
function assertText(call: string, text: string): void {
  if (!text.isWellFormed()) throw new RangeError(`${call} takes well-formed text, without lone surrogates; put bytes for anything else`);
}

/** The caller's own: neither a view on a frame nor a Buffer. */
function own(value: KvValue): KvValue {
  return typeof value === "string" ? value : new Uint8Array(value);
}

async function ask<T>(operation: string, question: (table: Remote<KvContract>) => Promise<T>): Promise<T> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  const at = currentSession();
  if (at === undefined) throw new NotInitializedError({ operation });
  return await awaiting(question(remoteContract<KvContract>(at.caller.kernel, HEAD_PLACE, ActorNumber.kv)));
}
