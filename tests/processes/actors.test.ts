import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { get, getActor, init, kill, put, remote, shutdown } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";

// Here `process` is the global: an import would have workers import this file, which only a test runner can.
// All that says nothing else runs in processes here.
beforeAll(async () => {
  await init({ numCpus: 2, isolation: "process" });
});
afterAll(shutdown);

const Counter = remote(
  class Counter {
    n = 0;
    held: Float64Array | undefined;
    incr(k = 1): number {
      return (this.n += k);
    }
    keep(values: Float64Array): number {
      this.held = values;
      return values.length;
    }
    kept(): Float64Array | undefined {
      return this.held;
    }
    pid(): number {
      return process.pid;
    }
  },
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("init({ isolation: 'process' })", () => {
  test("runs tasks apart, in bulk as well", async () => {
    const where = remote(() => process.pid);
    const pids = await get(Array.from({ length: 100 }, () => where.remote()));
    expect(pids).not.toContain(process.pid);
    expect(new Set(pids).size).toBeLessThanOrEqual(2);
  });

  test("what a process submits runs apart too, unless it says otherwise", async () => {
    const outer = remote(async () => {
      const inner = remote(() => process.pid);
      const near = remote(() => process.pid, { isolation: "thread" });
      return [process.pid, ...(await get([...Array.from({ length: 10 }, () => inner.remote()), near.remote()]))];
    });
    const pids = await get(outer.remote());
    expect(pids.at(-1)).toBe(process.pid);
    expect(pids.slice(0, -1)).not.toContain(process.pid);
  });
});

describe("an actor in a process", () => {
  test("keeps its state and its order", async () => {
    const counter = Counter.remote();
    expect(await get([counter.incr.remote(), counter.incr.remote(10), counter.incr.remote()])).toEqual([1, 11, 12]);
    expect(await get(counter.pid.remote())).not.toBe(process.pid);
  });

  test("takes and gives large values", async () => {
    const counter = Counter.remote();
    expect(await get(counter.keep.remote(put(new Float64Array(100_000).fill(2))))).toBe(100_000);
    expect((await get(counter.kept.remote()))?.[99_999]).toBe(2);
  });

  test("is reached by name, and by a handle that was passed on", async () => {
    const counter = Counter.options({ name: "apart" }).remote();
    const viaTask = remote(async (handle: typeof counter) => get(handle.incr.remote(5)));
    expect(await get(viaTask.remote(counter))).toBe(5);
    expect(await get((await getActor<InstanceType<typeof Object> & { incr(k?: number): number }>("apart")).incr.remote())).toBe(6);
  });

  test("ends its process when it is killed", async () => {
    const counter = Counter.remote();
    const pid = await get(counter.pid.remote());
    kill(counter);
    await waitForCondition(() => !isAlive(pid));
  });
});
