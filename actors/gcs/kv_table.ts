import type { KvValue } from "../../runtime/contracts/mod.ts";
import { ownBytes } from "./bytes.ts";
import type { Stored } from "./journal.ts";
import { assertWithin } from "./limits.ts";
import { assertName } from "./names.ts";
import { compareCodePoints } from "./storage/mod.ts";
import type { TableContext } from "./table_context.ts";

export type { KvValue };

/** A key in its namespace. */
export interface KvKey {
  readonly namespace: string;
  readonly key: string;
}

class KvEntry implements Stored {
  readonly value: KvValue;
  readonly cost: number;

  constructor(value: KvValue, cost: number) {
    this.value = value;
    this.cost = cost;
  }

  stored(): unknown {
    return this.value;
  }
}

/**
 * Small values by key within namespaces. What `get` gives is the table's own: read only. Keys are listed by
 * code points. Bounded by `kvKeyLength`, `kvValueBytes` and `kvTotalBytes`, each a `LimitExceededError`.
 */
export class KvTable {
  readonly #context: TableContext;
  readonly #namespaces = new Map<string, Map<string, KvEntry>>();
  #bytes = 0;

  constructor(context: TableContext) {
    this.#context = context;
  }

  /** Bytes of all keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  get({ namespace, key }: KvKey): KvValue | undefined {
    return this.#namespaces.get(namespace)?.get(key)?.value;
  }

  exists({ namespace, key }: KvKey): boolean {
    return this.#namespaces.get(namespace)?.has(key) ?? false;
  }

  /** Whether it was written: false when the key was there and `overwrite` is false (default true). */
  put({ namespace, key, value, overwrite = true }: KvKey & { readonly value: KvValue; readonly overwrite?: boolean }): boolean {
    const before = this.#namespaces.get(namespace)?.get(key);
    if (before && !overwrite) return false;
    const entry = this.#entry({ namespace, key }, value);
    const actual = this.#bytes - (before?.cost ?? 0) + entry.cost;
    assertWithin(this.#context.limits, "kvTotalBytes", { what: "Keys and values in all", actual });
    let entries = this.#namespaces.get(namespace);
    if (!entries) this.#namespaces.set(namespace, (entries = new Map()));
    entries.set(key, entry);
    this.#bytes = actual;
    this.#context.journal.put("kv", `${namespace}\0${key}`, entry);
    return true;
  }

  /** Deletes a key, or, with `prefix`, every key that begins with it; gives how many there were. */
  del({ namespace, key, prefix = false }: KvKey & { readonly prefix?: boolean }): number {
    const doomed = prefix ? this.keys({ namespace, prefix: key }) : this.exists({ namespace, key }) ? [key] : [];
    const entries = this.#namespaces.get(namespace);
    for (const each of doomed) {
      this.#bytes -= entries?.get(each)?.cost ?? 0;
      entries?.delete(each);
      this.#context.journal.delete("kv", `${namespace}\0${each}`);
    }
    if (entries?.size === 0) this.#namespaces.delete(namespace);
    return doomed.length;
  }

  /** The keys of a namespace that begin with `prefix`. */
  keys({ namespace, prefix = "" }: { readonly namespace: string; readonly prefix?: string }): string[] {
    const keys = [...(this.#namespaces.get(namespace)?.keys() ?? [])];
    return keys.filter((key) => key.startsWith(prefix)).sort(compareCodePoints);
  }

  namespaces(): string[] {
    return [...this.#namespaces.keys()].sort(compareCodePoints);
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    for (const [id, value] of entries) {
      // A namespace holds no U+0000; a key may.
      const end = id.indexOf("\0");
      const [namespace, key] = [id.slice(0, end), id.slice(end + 1)];
      let rows = this.#namespaces.get(namespace);
      if (!rows) this.#namespaces.set(namespace, (rows = new Map()));
      const entry = new KvEntry(typeof value === "string" ? value : ownBytes(value as Uint8Array), costOf(key, value as KvValue));
      rows.set(key, entry);
      this.#bytes += entry.cost;
    }
  }

  #entry({ namespace, key }: KvKey, value: KvValue): KvEntry {
    const { limits } = this.#context;
    assertName(limits, "namespace", namespace);
    if (typeof key !== "string" || !key.isWellFormed()) throw new RangeError("key must be well-formed text");
    if (typeof value !== "string" && !(value instanceof Uint8Array)) {
      throw new TypeError(`value of key ${JSON.stringify(key)} must be a string or a Uint8Array; encode others first`);
    }
    assertWithin(limits, "kvKeyLength", { what: "Key", actual: key.length });
    const actual = valueBytes(value);
    assertWithin(limits, "kvValueBytes", { what: `Value of key ${JSON.stringify(key)}`, actual });
    return new KvEntry(typeof value === "string" ? value.toWellFormed() : ownBytes(value), costOf(key, value));
  }
}

/** A string counts two bytes a character: what it may take in memory, and never less than on disk by much. */
function valueBytes(value: KvValue): number {
  return typeof value === "string" ? value.length * 2 : value.byteLength;
}

function costOf(key: string, value: KvValue): number {
  return key.length * 2 + valueBytes(value);
}
