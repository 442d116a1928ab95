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

/** Nobody else opens a store before, that its head is cut off from. Milliseconds. */
export const LEASE_MS = 3_000;
/** A store that another has opened knows it so late: as one whose lease is renewed now and then. Milliseconds. */
const TOLD_AFTER_MS = 1_000;
/** How long a write waits for a disk that is away. Milliseconds. */
const PATIENCE_MS = 10_000;

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

  /** Cuts the head that has it off from it, and nobody else, until what it returns is called. Another may open it after `LEASE_MS`. */
  part(): () => void {
    const parted = this.#opened;
    parted?.part();
    return () => parted?.join();
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
  readonly lease: Lease;
  readonly #options: HandleOptions;
  readonly #lose: (error: StorageError) => void;
  #isFenced = false;
  #isParted = false;
  #opening: Promise<void> | undefined;
  /** The batch that has yet to land. */
  #under: readonly Mutation[] | undefined;

  constructor(options: HandleOptions) {
    this.#options = options;
    const { promise: lost, resolve } = Promise.withResolvers<StorageError>();
    this.#lose = resolve;
    this.lease = new Lease(options.epoch, lost);
  }

  part(): void {
    this.#isParted = true;
    this.lease.heldUntilMs = this.#options.realm.now() + LEASE_MS;
  }

  join(): void {
    this.#isParted = false;
    if (this.#isFenced) this.#lose(this.#fenced());
    else this.lease.heldUntilMs = Number.POSITIVE_INFINITY;
  }

  async load(table: string): Promise<StoredRow[]> {
    this.#opening ??= this.#pass(this.#options.takes(), () => {});
    await this.#opening;
    await this.#reach();
    return this.#options.rows(table);
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    await this.#reach();
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
    if (!this.#isParted) realm.after(TOLD_AFTER_MS, () => this.#lose(this.#fenced()));
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

  async #reach(): Promise<void> {
    if (this.#isParted) {
      await this.#pass(PATIENCE_MS, () => {});
      throw new StorageError({ message: "The simulated store does not answer.", location: this.location, reason: "unavailable" });
    }
    this.#assertOwn();
  }

  #assertOwn(): void {
    if (this.#isFenced) throw this.#fenced();
  }

  #fenced(): StorageError {
    return new StorageError({ message: "Another head has taken over the simulated store.", location: this.location, reason: "fenced" });
  }
}

/** Is renewed by itself as long as its head reaches the disk. */
class Lease implements StorageLease {
  readonly epoch: number;
  readonly inherited = false;
  readonly durationMs = LEASE_MS;
  heldUntilMs: number = Number.POSITIVE_INFINITY;
  readonly lost: Promise<StorageError>;

  constructor(epoch: number, lost: Promise<StorageError>) {
    this.epoch = epoch;
    this.lost = lost;
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
