import { MemoryStorage, type Mutation, type Storage, StorageError, type StorageLease, type StoredRow } from "../actors/gcs/mod.ts";
import type { Realm } from "./realm.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { Span } from "./virtual_port.ts";

export interface SimulatedDiskOptions {
  random: SeededRandom;
  /** How long a write takes, and opening it. Default: no time. */
  latencyMs?: Span;
}

type Tables = Map<string, Map<string, Uint8Array>>;

/** A store that another has opened knows it so late: as one whose lease is renewed now and then. Milliseconds. */
const LEASE_MS = 3_000;
const TOLD_AFTER_MS = 1_000;

/**
 * What a head's control store is kept on: it outlives the heads that open it, one after the other. A write takes its
 * time, and lands whole or not at all: which of the two, where its head ends meanwhile, the seed says. Whoever opens it
 * fences those before.
 */
export class SimulatedDisk {
  /** Milliseconds more for each write. */
  slowerMs = 0;
  readonly #options: SimulatedDiskOptions;
  readonly #tables: Tables = new Map();
  #opened: Handle | undefined;
  #epoch = 0;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
  }

  /** Opens it for the head whose system worker's thread this is; `outside` is what goes on when that has ended. */
  open(realm: Realm, outside: Realm): Storage {
    this.#opened?.fence();
    const write = (batch: readonly Mutation[]): void => apply(this.#tables, batch);
    const { random, latencyMs = [0, 0] } = this.#options;
    const takes = (): number => random.between(...latencyMs) + this.slowerMs;
    const keeps = (): boolean => random.below(2) === 0;
    this.#opened = new Handle({ realm, outside, epoch: ++this.#epoch, takes, keeps, write, rows: (table) => rowsOf(this.#tables, table) });
    return this.#opened;
  }

  /** What another control store would find that opened it at this moment; `torn`: with its last row cut short. */
  async afterCrash({ torn = false }: { torn?: boolean } = {}): Promise<Storage> {
    const copy = new MemoryStorage();
    const batch = [...this.#tables].flatMap(([table, rows]) =>
      [...rows].map(([key, value]): Mutation => ({ type: "put", table, key, value: value.slice() })),
    );
    const last = batch.at(-1);
    if (torn && last?.type === "put") batch[batch.length - 1] = { ...last, value: last.value.subarray(0, last.value.byteLength >> 1) };
    await copy.apply(batch);
    return copy;
  }
}

interface HandleOptions {
  realm: Realm;
  outside: Realm;
  epoch: number;
  /** How long the next write takes. */
  takes(): number;
  /** Whether a batch that is under way when its head ends is in the store. */
  keeps(): boolean;
  write(batch: readonly Mutation[]): void;
  rows(table: string): StoredRow[];
}

/** One head's opening of the disk. */
class Handle implements Storage {
  readonly location = "simulated";
  readonly volatile = false;
  readonly lease: StorageLease;
  readonly #options: HandleOptions;
  readonly #lose: (error: StorageError) => void;
  #isFenced = false;
  #opening: Promise<void> | undefined;
  /** The batch that has yet to land. */
  #under: readonly Mutation[] | undefined;

  constructor(options: HandleOptions) {
    this.#options = options;
    const { promise: lost, resolve } = Promise.withResolvers<StorageError>();
    this.#lose = resolve;
    this.lease = { epoch: options.epoch, durationMs: LEASE_MS, heldUntilMs: Number.POSITIVE_INFINITY, lost };
  }

  async load(table: string): Promise<StoredRow[]> {
    this.#opening ??= this.#pass(this.#options.takes(), () => {});
    await this.#opening;
    this.#assertOwn();
    return this.#options.rows(table);
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    this.#assertOwn();
    this.#under = batch.map((mutation) => (mutation.type === "put" ? { ...mutation, value: mutation.value.slice() } : mutation));
    await this.#pass(this.#options.takes(), () => this.#land(this.#options.realm.alive));
    this.#assertOwn();
  }

  async close(): Promise<void> {}

  /** Another has opened the disk: what is under way is in it or lost by now, and nothing comes after it. */
  fence(): void {
    this.#land(false);
    this.#isFenced = true;
    const { realm } = this.#options;
    realm.after(TOLD_AFTER_MS, () => this.#lose(this.#fenced()));
  }

  #land(surely: boolean): void {
    const batch = this.#under;
    this.#under = undefined;
    if (batch !== undefined && (surely || this.#options.keeps())) this.#options.write(batch);
  }

  /** The disk does its part whether its head lives or not; the head goes on in its own thread, if it does. */
  async #pass(ms: number, then: () => void): Promise<void> {
    const { realm, outside } = this.#options;
    if (ms <= 0) {
      then();
      return;
    }
    await new Promise<void>((resolve) => {
      outside.after(ms, () => {
        then();
        realm.soon(resolve);
      });
    });
  }

  #assertOwn(): void {
    if (this.#isFenced) throw this.#fenced();
  }

  #fenced(): StorageError {
    return new StorageError({ message: "Another head has taken over the simulated store.", location: this.location, reason: "fenced" });
  }
}

function rowsOf(tables: Tables, table: string): StoredRow[] {
  return [...(tables.get(table) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, value.slice()] as const);
}

function apply(tables: Tables, batch: readonly Mutation[]): void {
  for (const mutation of batch) {
    let rows = tables.get(mutation.table);
    if (rows === undefined) tables.set(mutation.table, (rows = new Map()));
    if (mutation.type === "put") rows.set(mutation.key, mutation.value);
    else rows.delete(mutation.key);
  }
}
