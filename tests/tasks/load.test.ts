import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getRuntimeContext, init, remote, shutdown } from "../../mod.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

const now = (): number => performance.timeOrigin + performance.now();

/** Works for `ms`, and says when it ended. */
const work = remote((ms: number) => {
  const began = performance.now();
  while (performance.now() - began < ms);
  return performance.timeOrigin + performance.now();
});

function block(ms: number): void {
  const until = now() + ms;
  while (now() < until);
}

describe("a driver that blocks its thread", () => {
  test("leaves no worker idle that has a thousand tasks to run", async () => {
    await get([work.remote(0), work.remote(0)]);
    const refs = Array.from({ length: 1_000 }, () => work.remote(0.5));
    await get(work.remote(0));
    block(3_000);
    const blockedUntil = now();
    const ended = await get(refs);
    // They take 0.25 s on two workers: all were done long before the driver looked.
    expect(Math.max(...ended)).toBeLessThan(blockedUntil);
  });

  test("has sent its tasks once it has awaited anything at all", async () => {
    await get([work.remote(0), work.remote(0)]);
    const refs = Array.from({ length: 200 }, () => work.remote(0.5));
    await Promise.resolve();
    block(1_500);
    const blockedUntil = now();
    expect(Math.max(...(await get(refs)))).toBeLessThan(blockedUntil);
  });

  test("delays no call between workers, nor tasks that need the results of others", async () => {
    const gate = GateActor.remote();
    const talks = remote(async (to: ActorHandle<Gate>, n: number) => {
      const inner = remote((x: number) => x + 1);
      let x = 0;
      for (let i = 0; i < n; i++) {
        x = await get(inner.remote(x));
        await get(to.note.remote(`${x}`));
      }
      return performance.timeOrigin + performance.now();
    });
    const join = remote((..._ends: number[]) => performance.timeOrigin + performance.now());
    await get(talks.remote(gate, 1));
    const talking = talks.remote(gate, 30);
    const joined = join.remote(work.remote(1), work.remote(1), talking);
    const chained = join.remote(join.remote(join.remote(work.remote(1))));
    await Promise.resolve();
    block(2_000);
    const blockedUntil = now();
    for (const end of await get([talking, joined, chained])) expect(end).toBeLessThan(blockedUntil);
  });
});

describe("many tasks", () => {
  test("100,000 tiny ones give their results in order", async () => {
    const twice = remote((x: number) => 2 * x);
    const results = await get(Array.from({ length: 100_000 }, (_, i) => twice.remote(i)));
    expect(results.every((value, i) => value === 2 * i)).toBe(true);
  });

  test("long ones hold back no short ones behind them", async () => {
    const task = remote((i: number) => {
      const began = performance.now();
      while (performance.now() - began < (i === 0 ? 1_500 : 0));
      return { i, worker: getRuntimeContext().workerId, end: performance.timeOrigin + performance.now() };
    });
    const results = await get(Array.from({ length: 100 }, (_, i) => task.remote(i)));
    const [long] = results;
    const after = results.filter(({ worker, end }) => worker === long?.worker && end > (long?.end ?? 0));
    const before = results.filter(({ i, end }) => i > 0 && end < (long?.end ?? 0));
    // The other worker did nearly all of them while the long one ran.
    expect(before.length).toBeGreaterThan(after.length);
    expect(before.length).toBeGreaterThan(50);
  });

  test("both workers take part in a batch", async () => {
    // They wait and do not compute: a busy machine may give one of two threads that compute hardly anything.
    const where = remote(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return getRuntimeContext().workerId;
    });
    const seen = await get(Array.from({ length: 200 }, () => where.remote()));
    const counts = [...new Set(seen)].map((worker) => seen.filter((one) => one === worker).length);
    expect(counts.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...counts)).toBeLessThan(180);
  });
});
