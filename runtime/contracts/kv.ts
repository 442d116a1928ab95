import type { Caller } from "../kernel/mod.ts";

/** What a key holds: bytes or text, given back as it was put. */
export type KvValue = Uint8Array | string;

/**
 * The control store's key-value table, at the head: small values by namespace and key. An answer to a change means
 * that it is in storage, and so is what the answer tells of. Over a limit: a RangeError that names it.
 */
export interface KvContract {
  get(caller: Caller, namespace: string, key: string): KvValue | null;
  /** The values of the first of `keys`, as many as fit into one answer and at least one; ask again for the rest. */
  multiGet(caller: Caller, namespace: string, keys: readonly string[]): (KvValue | null)[];
  /** Whether it was written: false when the key was there and is not to be overwritten. */
  put(caller: Caller, namespace: string, key: string, value: KvValue, overwrite: boolean): Promise<boolean>;
  /** Deletes the key, or every key that begins with it; answers how many there were. */
  delete(caller: Caller, namespace: string, key: string, prefix: boolean): Promise<number>;
  exists(caller: Caller, namespace: string, key: string): boolean;
  /** Keys that begin with `prefix`, by code points, those after `after`; with `more`, ask again after the last. */
  keys(caller: Caller, namespace: string, prefix: string, after: string | null): { readonly keys: readonly string[]; readonly more: boolean };
}
