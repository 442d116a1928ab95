import { MemoryStorage, type Mutation, type Storage, type StoredRow } from "../../actors/gcs/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { Span } from "../virtual_port.ts";

export interface SlowStorageOptions {
  clock: Pick<Clock, "after">;
  random: SeededRandom;
  /** How long a write takes. */
  latencyMs: Span;
}

type Tables = Map<string, Map<string, Uint8Array>>;

/** The head's disk: slow, and whoever opens it after a crash finds whole batches alone. */
export class SlowStorage implements Storage {
  readonly location = "simulated";
  readonly volatile = false;
  readonly #options: SlowStorageOptions;
  readonly #tables: Tables = new Map();

  constructor(options: SlowStorageOptions) {
    this.#options = options;
  }

  async load(table: string): Promise<StoredRow[]> {
    return [...(this.#tables.get(table) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async apply(batch: readonly Mutation[]): Promise<void> {
    const { clock, random, latencyMs } = this.#options;
    const ms = random.between(...latencyMs);
    if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve));
    for (const mutation of batch) {
      let rows = this.#tables.get(mutation.table);
      if (rows === undefined) this.#tables.set(mutation.table, (rows = new Map()));
      if (mutation.type === "put") rows.set(mutation.key, mutation.value.slice());
      else rows.delete(mutation.key);
    }
  }

  async close(): Promise<void> {}

  /** What another control store finds that opens it after a crash at this moment; `torn`: with a row cut short. */
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
