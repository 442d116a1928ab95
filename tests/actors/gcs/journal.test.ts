import { describe, expect, test } from "bun:test";
import { Gcs, MemoryStorage, type Mutation, type Storage, StorageError, type StorageLease } from "../../../actors/gcs/mod.ts";
import { actorSpec, addJob, bench } from "./harness.ts";

/** A store that applies a batch when the test says so, or fails it. */
class SlowStorage implements Storage {
  readonly location = "slow";
  readonly volatile = false;
  readonly inner: Storage = new MemoryStorage({ kept: true });
  readonly batches: { batch: readonly Mutation[]; settle(error?: Error): void }[] = [];
  load = (table: string) => this.inner.load(table);
  close = () => this.inner.close();

  async apply(batch: readonly Mutation[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.batches.push({ batch, settle: (error) => (error ? reject(error) : resolve()) });
    await promise;
    await this.inner.apply(batch);
  }
}

async function slow({ lease }: { lease?: StorageLease } = {}) {
  const storage: SlowStorage = Object.assign(new SlowStorage(), lease && { lease });
  await storage.inner.apply([{ type: "put", table: "meta", key: "format", value: new Uint8Array([1]) }]);
  const failures: unknown[] = [];
  const gcs = new Gcs({ clock: { now: () => 1 }, storage, onStorageFailure: (error) => failures.push(error) });
  await gcs.recover();
  return { storage, gcs, failures };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const value = (text: string) => ({ namespace: "n", key: "k", value: text });

describe("writing behind", () => {
  test("a turn's changes are one batch, and a row changed often is written once", async () => {
    const { gcs, storage } = await slow();
    addJob(gcs);
    gcs.registerActor(actorSpec("a"), 1);
    gcs.actors.alive("a", { incarnation: 0, place: 5 });
    await turn();
    expect(storage.batches.map(({ batch }) => batch.map(({ table, key }) => `${table}/${key}`))).toEqual([["jobs/j1", "actors/a"]]);
  });

  test("one batch is under way at a time; flush waits for all that came before it", async () => {
    const { gcs, storage } = await slow();
    gcs.kv.put(value("1"));
    await turn();
    gcs.kv.put(value("2"));
    const done: string[] = [];
    const first = gcs.flush().then(() => done.push("first"));
    const second = gcs.flush().then(() => done.push("second"));
    await turn();
    expect(storage.batches.length).toBe(1);
    storage.batches[0]!.settle();
    await turn();
    expect([storage.batches.length, done.length]).toEqual([2, 0]);
    storage.batches[1]!.settle();
    await Promise.all([first, second]);
    expect(storage.batches.length).toBe(2);
  });

  test("what storage refuses is kept, told once, and written with the next batch unless it changed since", async () => {
    const { gcs, storage, failures } = await slow();
    gcs.kv.put(value("old"));
    gcs.kv.put({ ...value("other"), key: "k2" });
    await turn();
    gcs.kv.put(value("new"));
    storage.batches[0]!.settle(new Error("disk full"));
    await turn();
    storage.batches[1]!.settle(new Error("disk full"));
    await turn();
    expect(failures.length).toBe(1);
    const flushed = gcs.flush();
    storage.batches[2]!.settle();
    await flushed;
    await gcs.close();
    const again = new Gcs({ clock: { now: () => 1 }, storage: (storage.inner as MemoryStorage).reopen() });
    await again.recover();
    expect([gcs.kv.get(value("")), again.kv.get(value("")), again.kv.get({ namespace: "n", key: "k2" })]).toEqual(["new", "new", "other"]);
  });

  test("what storage refused is tried again after a while, but not in a store that another has taken over", async () => {
    const storage = new SlowStorage();
    await storage.inner.apply([{ type: "put", table: "meta", key: "format", value: new Uint8Array([1]) }]);
    const waiting: (() => void)[] = [];
    const after = (_delayMs: number, action: () => void) => {
      waiting.push(action);
      return () => {};
    };
    const gcs = new Gcs({ clock: { now: () => 1, after }, storage });
    await gcs.recover();
    gcs.kv.put(value("1"));
    await turn();
    storage.batches[0]!.settle(new StorageError({ message: "away", location: "slow", reason: "unavailable" }));
    await turn();
    expect(waiting.length).toBe(1);
    waiting[0]!();
    await turn();
    expect(storage.batches.length).toBe(2);
    storage.batches[1]!.settle(new StorageError({ message: "not yours", location: "slow", reason: "fenced" }));
    await turn();
    expect(waiting.length).toBe(1);
  });

  test("where another may take the store over, whoever relies on a change waits until it is written, however often it is refused", async () => {
    const { storage, gcs } = await slow({ lease: { epoch: 1, inherited: false, durationMs: 3, heldUntilMs: 4, lost: new Promise(() => {}) } });
    const settled: string[] = [];
    const refuse = (reason: "unavailable" | "fenced") =>
      storage.batches.at(-1)!.settle(new StorageError({ message: "no", location: "slow", reason }));
    gcs.kv.put(value("1"));
    void gcs.settled()?.then(() => settled.push("1"));
    for (let times = 0; times < 3; times++) {
      await turn();
      refuse("unavailable");
      await turn();
      expect(settled).toEqual([]);
      void gcs.flush().catch(() => {});
    }
    await turn();
    storage.batches.at(-1)!.settle();
    await turn();
    expect(settled).toEqual(["1"]);
    void gcs.settled()?.then(() => settled.push("nothing to write"));
    await turn();
    expect(settled).toEqual(["1", "nothing to write"]);
    gcs.kv.put(value("2"));
    for (const waits of [gcs.settled(), gcs.flush()]) void waits?.finally(() => settled.push("lost"));
    for (let times = 0; times < 3; times++) {
      await turn();
      refuse("fenced");
    }
    await turn();
    expect(settled).toEqual(["1", "nothing to write"]);
  });

  test("a store is this one's alone until its lease runs out", async () => {
    const lease = { epoch: 1, inherited: false, durationMs: 3, heldUntilMs: 2, lost: new Promise<never>(() => {}) };
    const { gcs } = await slow({ lease });
    expect([gcs.isSole, (await slow()).gcs.isSole]).toEqual([true, true]);
    lease.heldUntilMs = 1;
    expect(gcs.isSole).toBe(false);
  });

  test("nothing is written for a store that forgets", async () => {
    const storage = new MemoryStorage();
    const gcs = new Gcs({ clock: { now: () => 1 }, storage });
    await gcs.recover();
    addJob(gcs);
    await gcs.flush();
    expect(await storage.load("jobs")).toEqual([]);
  });
});

describe("recovery", () => {
  test("brings back bytes, plain data and numbers as they were", async () => {
    const real = await bench();
    addJob(real.gcs);
    const definition = { source: "x => x", free: ["a"], bytes: new Uint8Array([1, 2]), n: -0.5 };
    real.gcs.functions.register({ descriptorId: "d", jobId: "j1", definition });
    real.gcs.functions.register({ descriptorId: "e", jobId: "j1", definition: new Uint8Array([7]) });
    real.gcs.registerActor(actorSpec("a", { creation: new Uint8Array([3, 4]), resources: { CPU: 0.0001 } }), 2 ** 45);
    expect([real.gcs.counters.next("job"), real.gcs.counters.next("job")]).toEqual([1, 2]);
    await real.gcs.close();
    const gcs = await real.restart();
    expect(gcs.functions.get("d")).toEqual({ ...definition, bytes: expect.anything() });
    expect([...(gcs.functions.get("d") as typeof definition).bytes]).toEqual([1, 2]);
    expect(gcs.functions.get("e")).toEqual(new Uint8Array([7]));
    expect(gcs.actors.creation("a")).toEqual(new Uint8Array([3, 4]));
    expect(gcs.actors.get("a")).toMatchObject({ owner: 2 ** 45, resources: { CPU: 0.0001 } });
    expect(gcs.actors.ownedBy(2 ** 45)).toEqual(["a"]);
    expect(gcs.counters.next("job")).toBe(3);
    await expect(gcs.recover()).rejects.toThrow("once");
  });

  test("refuses a store of another format, and a row that can't be read, naming the store", async () => {
    for (const [table, key, bytes, reason] of [
      ["meta", "format", [2], "newer"],
      ["meta", "format", [0x61, 0x78], "damaged"],
      ["actors", "a", [0xff, 0xff], "damaged"],
    ] as const) {
      const storage = new MemoryStorage({ kept: true });
      await storage.apply([{ type: "put", table, key, value: new Uint8Array(bytes) }]);
      const gcs = new Gcs({ clock: { now: () => 1 }, storage });
      const error = await gcs.recover().catch((reason) => reason);
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({ code: "STORAGE_ERROR", reason, location: "memory" });
    }
  });
});
