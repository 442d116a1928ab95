import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ActorDiedError, get, init, MobulaError, type ObjectRef, put, remote, shutdown } from "mobula";
import { Queue, QueueEmptyError, QueueFullError } from "mobula/util";
import { QueueBuffer } from "../../util/queue_actor.ts";
import { rejection } from "../rejection.ts";
import { until } from "./until.ts";

const produce = remote(async (queue: Queue<number>, from: number, count: number) => {
  for (let i = 0; i < count; i++) await queue.put(from + i);
});

const consume = remote(async (queue: Queue<number>, count: number) => {
  const items: number[] = [];
  for (let i = 0; i < count; i++) items.push(await queue.get());
  return items;
});

const giveBack = remote((queue: Queue<string>) => queue);

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

describe("Queue", () => {
  test("gives items in the order in which they were put", async () => {
    const queue = new Queue<number>();
    for (const item of [1, 2, 3]) await queue.put(item);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([1, 2, 3]);
  });

  test("tells its size, and when it is empty or full", async () => {
    const queue = new Queue<string>(2);
    expect([await queue.size(), await queue.empty(), await queue.full()]).toEqual([0, true, false]);
    await queue.putBatch(["a", "b"]);
    expect([await queue.size(), await queue.empty(), await queue.full()]).toEqual([2, false, true]);
  });

  test("without waiting, refuses when full or empty with an error of its own", async () => {
    const queue = new Queue<string>({ maxSize: 1 });
    expect(await rejection(queue.getNowait())).toBeInstanceOf(QueueEmptyError);
    await queue.putNowait("a");
    expect(await rejection(queue.putNowait("b"))).toBeInstanceOf(QueueFullError);
    expect(await rejection(queue.putNowait("b"))).toBeInstanceOf(MobulaError);
    expect(await queue.getNowait()).toBe("a");
  });

  test("a timeout is reported as full or empty, and 0 means now", async () => {
    const queue = new Queue<string>({ maxSize: 1 });
    expect(await rejection(queue.get({ timeoutMs: 20 }))).toBeInstanceOf(QueueEmptyError);
    expect(await rejection(queue.get({ timeoutMs: 0 }))).toBeInstanceOf(QueueEmptyError);
    await queue.put("a", { timeoutMs: 0 });
    expect(await rejection(queue.put("b", { timeoutMs: 20 }))).toBeInstanceOf(QueueFullError);
    expect(await queue.get({ timeoutMs: 0 })).toBe("a");
    expect(await queue.size()).toBe(0);
  });

  test("a getter that gives up takes no item with it", async () => {
    const queue = new Queue<number>();
    for (let round = 0; round < 50; round++) {
      // The item comes at about the moment at which the getter loses patience.
      const taken = queue.get({ timeoutMs: 1 }).catch(() => undefined);
      await queue.put(round);
      const item = (await taken) ?? (await queue.get({ timeoutMs: 5_000 }));
      expect(item).toBe(round);
    }
    expect(await queue.size()).toBe(0);
  });

  test("a put that gives up leaves nothing behind", async () => {
    const queue = new Queue<string>({ maxSize: 1 });
    await queue.put("a");
    expect(await rejection(queue.put("late", { timeoutMs: 5 }))).toBeInstanceOf(QueueFullError);
    expect(await queue.get()).toBe("a");
    expect(await queue.empty()).toBe(true);
  });

  test("a signal ends a wait with its reason", async () => {
    const queue = new Queue<string>();
    const controller = new AbortController();
    const waiting = queue.get({ signal: controller.signal });
    controller.abort(new Error("enough"));
    expect(String(await rejection(waiting))).toContain("enough");
    expect(String(await rejection(queue.get({ signal: controller.signal })))).toContain("enough");
    await queue.put("still there");
    expect(await queue.get()).toBe("still there");
  });

  test("batches go in and out whole or not at all", async () => {
    const queue = new Queue<number>({ maxSize: 4 });
    await queue.putBatch([1, 2, 3]);
    expect(await rejection(queue.putBatch([4, 5]))).toBeInstanceOf(QueueFullError);
    expect(await rejection(queue.getBatch(4))).toBeInstanceOf(QueueEmptyError);
    expect(await queue.size()).toBe(3);
    expect(await queue.getBatch(2)).toEqual([1, 2]);
    expect(await rejection(queue.putBatch([1, 2, 3, 4, 5]))).toBeInstanceOf(QueueFullError);
    expect(await rejection(queue.getBatch(5))).toBeInstanceOf(RangeError);
  });

  test("batches wait when given time", async () => {
    const queue = new Queue<number>({ maxSize: 2 });
    const pair = queue.getBatch(2, { timeoutMs: 20_000 });
    await queue.put(1);
    await queue.put(2);
    expect(await pair).toEqual([1, 2]);
    await queue.put(3);
    const later = queue.putBatch([4, 5], { timeoutMs: 20_000 });
    expect(await queue.get()).toBe(3);
    await later;
    expect(await queue.getBatch(2)).toEqual([4, 5]);
  });

  test("many producers and consumers in tasks: every item arrives once, each producer's in order", async () => {
    const queue = new Queue<number>({ maxSize: 5 });
    const producers = [0, 1000, 2000].map((from) => produce.remote(queue, from, 60));
    const consumers = [60, 60, 60].map((count) => consume.remote(queue, count));
    await get(producers);
    const received = await get(consumers);
    expect(received.flat().sort((a, b) => a - b)).toEqual([0, 1000, 2000].flatMap((from) => Array.from({ length: 60 }, (_, i) => from + i)));
    for (const items of received) {
      for (const from of [0, 1000, 2000]) {
        const own = items.filter((item) => item >= from && item < from + 1000);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
    }
  });

  test("a full queue holds producers back", async () => {
    const queue = new Queue<number>({ maxSize: 2 });
    const producer = produce.remote(queue, 0, 5);
    await until(() => queue.full());
    expect(await get(consume.remote(queue, 5))).toEqual([0, 1, 2, 3, 4]);
    await get(producer);
  });

  test("a handle that went through a task is the same queue", async () => {
    const queue = new Queue<string>({ maxSize: 3 });
    const returned = await get(giveBack.remote(queue));
    await returned.put("hello");
    expect(returned.maxSize).toBe(3);
    expect(await queue.get()).toBe("hello");
  });

  test("a ref that is put comes out as a ref", async () => {
    const queue = new Queue<ObjectRef<string>>();
    await queue.put(put("inside"));
    expect(await get(await queue.get())).toBe("inside");
  });

  test("shutdown ends it for those who wait", async () => {
    const queue = new Queue<string>();
    const waiting = queue.get();
    await queue.size();
    await queue.shutdown();
    expect(await rejection(waiting)).toBeInstanceOf(ActorDiedError);
  });

  test("an impossible size names itself", () => {
    expect(() => new Queue({ maxSize: -1 })).toThrow(/maxSize/);
    expect(() => new Queue({ maxSize: 1.5 })).toThrow(RangeError);
  });
});

describe("QueueBuffer", () => {
  test("a batch that waits for room is not overtaken by an item that would fit", async () => {
    const buffer = new QueueBuffer(2);
    await buffer.put(["a"]);
    const batch = buffer.put(["b", "c"], "batch");
    expect(buffer.tryPut(["d"])).toBe(false);
    expect(buffer.withdraw("batch")).toBe(true);
    expect(await batch).toBe(undefined);
    expect(buffer.tryPut(["d"])).toBe(true);
    expect(buffer.tryGet(2)).toEqual(["a", "d"]);
  });

  test("when a waiter for many leaves, those behind get what is there", async () => {
    const buffer = new QueueBuffer(0);
    const many = buffer.get(3, "many");
    const one = buffer.get(1);
    buffer.tryPut(["a"]);
    expect(buffer.size()).toBe(1);
    buffer.withdraw("many");
    expect(await many).toBe(undefined);
    expect(await one).toEqual(["a"]);
  });
});
