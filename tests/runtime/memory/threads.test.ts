import { describe, expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import { MemoryDisk, ObjectStore } from "../../../actors/objects/mod.ts";
import { systemClock } from "../../../runtime/kernel/mod.ts";
import { Accounting, Allocator } from "../../../runtime/memory/mod.ts";
import type { Order } from "./put_worker.ts";

const MIB = 1024 * 1024;

interface Done {
  buffers: number;
  fault: string | undefined;
}

/** What a thread needs to begin goes with its start: Bun drops messages to a web worker that is still loading. */
function start(module: string, workerData: unknown): Worker {
  return new Worker(new URL(module, import.meta.url), { workerData });
}

/** A thread that puts, with this thread as the manager. */
function putter(store: ObjectStore, { accounting, ...order }: Omit<Order, "accounting"> & { accounting: Accounting }) {
  const worker = start("./put_worker.ts", { ...order, accounting: accounting.shared });
  const done = Promise.withResolvers<Done>();
  const blocked = Promise.withResolvers<void>();
  worker.on("error", done.reject);
  worker.on("message", (data) => {
    if (data.request) {
      blocked.resolve();
      store.requestSpace(order.place, data.request);
    } else if (data.seal) store.seal(data.seal, data.buffer, { ...data, owner: order.place });
    else if (data.free) store.free(data.free);
    else if (data.done) done.resolve(data);
  });
  return { worker, done: done.promise, blocked: blocked.promise };
}

function makeStore(capacity: number) {
  const accounting = Accounting.create(capacity);
  return { accounting, store: new ObjectStore({ accounting, clock: systemClock, disk: new MemoryDisk() }) };
}

async function check(store: ObjectStore, place: number, count: number, bytes: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const held = await store.pin(`p${place}-${i}`);
    const view = new Uint8Array(held!.buffer!, 0, bytes);
    expect([view[0], view[bytes - 1]]).toEqual([(place * 31 + i) % 251, (place * 31 + i) % 251]);
    store.unpin(`p${place}-${i}`);
  }
}

describe("threads that put and never give up their turn", () => {
  test("block while the manager spills, and lose nothing", async () => {
    const { accounting, store } = makeStore(8 * MIB);
    const [count, bytes] = [40, MIB];
    const putters = [1, 2].map((place) => putter(store, { accounting, place, count, bytes }));
    const results = await Promise.all(putters.map(({ done }) => done));
    for (const { worker } of putters) worker.terminate();
    expect(results.map(({ fault }) => fault)).toEqual([undefined, undefined]);
    for (const place of [1, 2]) await check(store, place, count, bytes);
    const stats = store.stats();
    expect(stats.usedBytes).toBeLessThanOrEqual(8 * MIB);
    expect(stats.unsealedBytes).toBe(0);
    await store.close();
  });

  test("have their buffers back without a message", async () => {
    const { accounting, store } = makeStore(4 * MIB);
    const { worker, done } = putter(store, { accounting, place: 1, count: 200, bytes: MIB, free: true });
    const { buffers, fault } = await done;
    worker.terminate();
    expect(fault).toBeUndefined();
    expect(buffers).toBeLessThanOrEqual(8);
    expect(store.stats()).toMatchObject({ residentBytes: 0, unsealedBytes: 0 });
  });

  test("hear why there is no room", async () => {
    const accounting = Accounting.create(2 * MIB);
    const store = new ObjectStore({ accounting, clock: systemClock, settings: { fullGraceMs: 1 } });
    const { worker, done } = putter(store, { accounting, place: 1, count: 3, bytes: MIB });
    const { fault } = await done;
    worker.terminate();
    expect(fault).toContain("there is no disk to spill to");
    expect(store.stateOf("p1-1")).toBe("IN_MEMORY");
  });

  test("may be ended while they are blocked", async () => {
    const accounting = Accounting.create(2 * MIB);
    const store = new ObjectStore({ accounting, clock: systemClock });
    const { worker, blocked } = putter(store, { accounting, place: 1, count: 3, bytes: 2 * MIB });
    // The first object fills the store, and there is no disk: the second waits.
    await blocked;
    expect(store.stats().waiting).toBe(1);
    worker.terminate();
    store.placeDied(1);
    expect(store.stats()).toMatchObject({ waiting: 0, residentBytes: 2 * MIB, unsealedBytes: 0 });
    store.free("p1-0");
    store.trim();
    expect(store.stats().usedBytes).toBe(0);
    await store.close();
  });
});

describe("the main thread", () => {
  test("blocks in a put as any other while a worker makes room", async () => {
    const accounting = Accounting.create(4 * MIB);
    const manager = start("./manager_worker.ts", accounting.shared);
    const answer = () => new Promise<any>((resolve, reject) => manager.once("message", resolve).once("error", reject));
    await answer();
    const requestSpace = (request: unknown) => manager.postMessage({ request });
    const allocator = new Allocator(accounting, { place: 1, requestSpace });
    for (let i = 0; i < 20; i++) {
      const buffer = allocator.allocate(MIB);
      new Uint8Array(buffer).fill(i);
      manager.postMessage({ seal: `o${i}`, buffer, slot: allocator.slotOf(buffer), bytes: MIB });
    }
    const read = answer();
    manager.postMessage({ read: "o0" });
    const { first, spilled } = await read;
    expect(first).toBe(0);
    expect(spilled).toBeGreaterThan(10);
    manager.terminate();
  });
});
