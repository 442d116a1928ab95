import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, GetTimeoutError, get, init, shutdown } from "mobula";
import { Pool, PoolClosedError, SignalActor, type SignalState } from "mobula/util";
import { rejection } from "../rejection.ts";

const square = (n: number): number => n * n;
const waitFor = async (signal: ActorHandle<SignalState>): Promise<string> => {
  await get(signal.wait.remote());
  return "done";
};

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

describe("Pool", () => {
  test("maps a plain function in order, whatever the chunks", async () => {
    await using pool = new Pool({ processes: 2 });
    const items = Array.from({ length: 50 }, (_, i) => i);
    expect(await pool.map(square, items)).toEqual(items.map(square));
    expect(await pool.map(square, items, { chunkSize: 7 })).toEqual(items.map(square));
    expect(await pool.map(square, [])).toEqual([]);
  });

  test("applies, also with several arguments and asynchronous functions", async () => {
    await using pool = new Pool(2);
    expect(await pool.apply((a: number, b: number) => a + b, [1, 2])).toBe(3);
    expect(await pool.apply(async (text: string) => text.length, ["four"])).toBe(4);
    expect(
      await pool.starmap((a: number, b: number) => a * b, [
        [2, 3],
        [4, 5],
      ] as [number, number][]),
    ).toEqual([6, 20]);
  });

  test("applyAsync tells how it stands", async () => {
    await using pool = new Pool(1);
    const signal = SignalActor.remote();
    const result = pool.applyAsync(waitFor, [signal]);
    expect(result.ready()).toBe(false);
    expect(() => result.successful()).toThrow(/not ready/);
    expect(await rejection(result.get({ timeoutMs: 5 }))).toBeInstanceOf(GetTimeoutError);
    signal.send.remote();
    expect(await result.get()).toBe("done");
    expect([result.ready(), result.successful()]).toEqual([true, true]);
    const failed = pool.applyAsync(() => {
      throw new TypeError("no");
    }, []);
    await failed.wait();
    expect(failed.successful()).toBe(false);
    expect(String(await rejection(failed.get()))).toContain("no");
  });

  test("imap is lazy and ordered, imapUnordered complete", async () => {
    await using pool = new Pool(2);
    let read = 0;
    function* endless(): Generator<number> {
      for (;;) yield read++;
    }
    const seen: number[] = [];
    for await (const result of pool.imap(square, endless(), { chunkSize: 3 })) {
      if (seen.push(result) === 10) break;
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => i * i));
    expect(read).toBeLessThan(60);
    const unordered = await Array.fromAsync(pool.imapUnordered(square, [1, 2, 3, 4, 5], { chunkSize: 2 }));
    expect(unordered.sort((a, b) => a - b)).toEqual([1, 4, 9, 16, 25]);
  });

  test("the initializer runs once in each worker, before its calls", async () => {
    const initializer = (start: number): void => {
      Object.assign(globalThis, {
        poolTestBase: ((globalThis as { poolTestBase?: number }).poolTestBase ?? 0) + start,
      });
    };
    await using pool = new Pool({ processes: 2, initializer, initArgs: [100] });
    const base = (n: number): number => ((globalThis as { poolTestBase?: number }).poolTestBase ?? 0) + n;
    expect(await pool.map(base, [1, 2, 3], { chunkSize: 1 })).toEqual([101, 102, 103]);
  });

  test("a failing initializer is told to whoever asks for work", async () => {
    const initializer = (): void => {
      throw new Error("no model");
    };
    await using pool = new Pool({ processes: 1, initializer });
    expect(String(await rejection(pool.map(square, [1])))).toContain("no model");
  });

  test("closed, it finishes what was asked for and takes no more", async () => {
    const pool = new Pool(2);
    expect(String(await rejection(pool.join()))).toMatch(/close/);
    const work = pool.map(square, [1, 2, 3]);
    pool.close();
    expect(await rejection(pool.map(square, [4]))).toBeInstanceOf(PoolClosedError);
    expect(() => pool.imap(square, [4])).toThrow(PoolClosedError);
    await pool.join();
    expect(await work).toEqual([1, 4, 9]);
  });

  test("terminated, it rejects what is not done", async () => {
    const pool = new Pool(1);
    const signal = SignalActor.remote();
    const running = pool.apply(waitFor, [signal]);
    const queued = pool.apply(square, [2]);
    const outcome = Promise.allSettled([running, queued]);
    await pool.terminate();
    expect((await outcome).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await rejection(queued)).toBeInstanceOf(PoolClosedError);
    await pool.join();
  });

  test("wrong numbers name themselves", async () => {
    expect(() => new Pool(0)).toThrow(/processes/);
    await using pool = new Pool(1);
    expect(String(await rejection(pool.map(square, [1], { chunkSize: 0 })))).toMatch(/chunkSize/);
  });
});
