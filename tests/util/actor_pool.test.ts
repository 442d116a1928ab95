import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, GetTimeoutError, get, init, remote, shutdown } from "mobula";
import { ActorPool, SignalActor, type SignalState } from "mobula/util";
import { rejection } from "../rejection.ts";

class Worker {
  double(value: number): number {
    if (value < 0) throw new RangeError(`cannot double ${value}`);
    return value * 2;
  }

  async doubleAfter(signal: ActorHandle<SignalState>, value: number): Promise<number> {
    await get(signal.wait.remote());
    return value * 2;
  }
}
const WorkerActor = remote(Worker);

const double = (actor: ActorHandle<Worker>, value: number) => actor.double.remote(value);
const pool = (size = 2): ActorPool<Worker> => new ActorPool(Array.from({ length: size }, () => WorkerActor.remote()));

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

describe("map", () => {
  test("gives results in the order of the values", async () => {
    const values = Array.from({ length: 40 }, (_, i) => i);
    expect(await Array.fromAsync(pool().map(double, values))).toEqual(values.map((value) => value * 2));
  });

  test("unordered, gives each result once, a quick one before a slow one", async () => {
    const signal = SignalActor.remote();
    const slowFirst = (actor: ActorHandle<Worker>, value: number) =>
      value === 0 ? actor.doubleAfter.remote(signal, value) : actor.double.remote(value);
    const seen: number[] = [];
    for await (const result of pool().mapUnordered(slowFirst, [0, 1, 2, 3])) {
      seen.push(result);
      if (seen.length === 3) signal.send.remote();
    }
    expect(seen).toEqual([2, 4, 6, 0]);
  });

  test("reads its values lazily, so that an endless source is fine", async () => {
    let read = 0;
    function* endless(): Generator<number> {
      for (;;) yield read++;
    }
    const seen: number[] = [];
    for await (const result of pool().map(double, endless())) {
      seen.push(result);
      if (seen.length === 20) break;
    }
    expect(seen.at(-1)).toBe(38);
    expect(read).toBeLessThan(40);
  });

  test("a failed call throws its error at its turn, and the pool works on", async () => {
    const workers = pool();
    const run = async (): Promise<void> => {
      for await (const _ of workers.map(double, [1, -1, 2])) {
      }
    };
    expect(String(await rejection(run()))).toContain("cannot double -1");
    expect(await Array.fromAsync(workers.map(double, [3]))).toEqual([6]);
  });
});

describe("submit", () => {
  test("takes more calls than there are actors, and getNext gives them in order", async () => {
    const workers = pool();
    for (let value = 0; value < 10; value++) workers.submit(double, value);
    const results: number[] = [];
    while (workers.hasNext()) results.push(await workers.getNext<number>());
    expect(results).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(String(await rejection(workers.getNext()))).toMatch(/hasNext/);
  });

  test("getNextUnordered gives the first that is done", async () => {
    const workers = pool();
    const signal = SignalActor.remote();
    workers.submit((actor, value: number) => actor.doubleAfter.remote(signal, value), 1);
    workers.submit(double, 2);
    expect(await workers.getNextUnordered<number>()).toBe(4);
    signal.send.remote();
    expect(await workers.getNextUnordered<number>()).toBe(2);
    expect(workers.hasNext()).toBe(false);
  });

  test("a result that is late can be got later, or be skipped", async () => {
    const workers = pool();
    const signal = SignalActor.remote();
    const late = (actor: ActorHandle<Worker>, value: number) => actor.doubleAfter.remote(signal, value);
    workers.submit(late, 1);
    expect(await rejection(workers.getNext({ timeoutMs: 5 }))).toBeInstanceOf(GetTimeoutError);
    expect(await rejection(workers.getNextUnordered({ timeoutMs: 5 }))).toBeInstanceOf(GetTimeoutError);
    workers.submit(late, 2);
    expect(await rejection(workers.getNext({ timeoutMs: 5, ignoreIfTimedout: true }))).toBeInstanceOf(GetTimeoutError);
    signal.send.remote();
    expect(await workers.getNext<number>()).toBe(4);
    expect(workers.hasNext()).toBe(false);
  });

  test("getNext and getNextUnordered never give one result twice", async () => {
    const workers = pool();
    for (let value = 0; value < 6; value++) workers.submit(double, value);
    const results: number[] = [];
    while (workers.hasNext()) {
      results.push(await workers.getNext<number>());
      if (workers.hasNext()) results.push(await workers.getNextUnordered<number>());
    }
    expect(results.sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10]);
  });
});

test("actors can be taken out and put in", async () => {
  const workers = pool(1);
  expect(workers.hasFree()).toBe(true);
  const actor = workers.popIdle();
  expect(workers.popIdle()).toBe(undefined);
  workers.submit(double, 21);
  expect(workers.hasFree()).toBe(false);
  workers.push(actor as ActorHandle<Worker>);
  expect(await workers.getNext<number>()).toBe(42);
});
