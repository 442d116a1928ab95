import type { StorageError } from "../../../runtime/errors/mod.ts";

/** One change to one row. A batch of them is applied as a whole or not at all. */
export type Mutation =
  | { readonly type: "put"; readonly table: string; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly table: string; readonly key: string };

/** A stored row: its key and its bytes. */
export type StoredRow = readonly [key: string, value: Uint8Array];

/**
 * Port: where the control store keeps what must outlive it. Tables are made by writing to them; a key is
 * any well-formed string (U+0000 included), a value any bytes (none included).
 *
 * An adapter
 * - MUST apply a batch atomically and in its order: after a crash at any instant, a later open finds all of
 *   the batch or nothing of it, and never a batch without those resolved before it;
 * - MUST have handed the batch beyond this process (its crash can't lose it) before `apply` resolves,
 *   unless `volatile`;
 * - MUST reject with a `StorageError` that names `location`, and leave the store as it was, when it can't apply;
 *   only where the store is another machine's and was not heard of again may the batch be in it, as a whole;
 * - MUST take its own copy of a value before `apply` resolves, and give rows that the caller may keep;
 * - MUST refuse to open what another control store has open, or what it can't read;
 * - MUST NOT apply two batches at a time, apply one twice or after a later one, or drop a mutation;
 * - MUST NOT tell a secret (a password in an address) in `location` or in an error.
 *
 * A caller MUST wait for one `apply` before it starts the next, and MUST NOT use it after `close`.
 */
export interface Storage {
  /** For people: what to call this store in a message, as "sqlite:/var/lib/mobula.db". */
  readonly location: string;
  /** True when nothing written is ever read again: the caller MAY then skip writing altogether. */
  readonly volatile: boolean;
  /** Of a store that several machines can reach. Others have a lock that ends with its process. */
  readonly lease?: StorageLease;
  /** All rows of `table`, by ascending key (order of code points); none when there is no such table. */
  load(table: string): Promise<StoredRow[]>;
  apply(batch: readonly Mutation[]): Promise<void>;
  /** Lets go of the store. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * The right to a store that several machines can reach. It is renewed by itself; unrenewed it expires, and then
 * another control store may take the store over. From that moment on every write and read of this one is rejected
 * as `fenced`, however late it arrives. Until somebody does, the store is still this one's: an expired lease is
 * renewed as if nothing had happened.
 */
export interface StorageLease {
  /** Which opening of the store this is: a later one has a higher number. */
  readonly epoch: number;
  /** Whether another had the store when this opening began, and was waited for. */
  readonly inherited: boolean;
  /** How long it lasts unrenewed, in milliseconds. */
  readonly durationMs: number;
  /**
   * By the opener's clock: nobody else can have taken the store over before. Past it, a control store that acts on
   * what it holds in memory may be one of two.
   */
  readonly heldUntilMs: number;
  /** Resolves when the store is known to be lost: taken over, or without what it had acknowledged. */
  readonly lost: Promise<StorageError>;
}
