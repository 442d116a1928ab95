import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import { availableResources, get, init, ObjectFreedError, put, RuntimeEnvSetupError, remote, shutdown, wait } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";

beforeAll(async () => {
  await init({ numCpus: 2, objectStoreMemory: 200 * 1024 * 1024 });
});
afterAll(shutdown);

const apart = { isolation: "process" } as const;

describe("a task with isolation process", () => {
  test("runs in a process of its own, not in this one", async () => {
    const pid = await get(remote(() => process.pid, apart).remote());
    expect(pid).not.toBe(process.pid);
    process.kill(pid, 0);
  });

  test("does not see how its process found the node", async () => {
    expect(await get(remote(() => process.env["MOBULA_JOIN"], apart).remote())).toBeUndefined();
  });

  test("gets its runtimeEnv: variables and working folder", async () => {
    const where = remote(() => [process.env["MOBULA_TEST_COLOR"], process.cwd()], {
      ...apart,
      runtimeEnv: { envVars: { MOBULA_TEST_COLOR: "blue" }, workingDir: "/" },
    });
    expect(await get(where.remote())).toEqual(["blue", "/"]);
    expect(process.env["MOBULA_TEST_COLOR"]).toBeUndefined();
  });

  test("fails with RuntimeEnvSetupError that names a working folder that is not there", async () => {
    const nowhere = remote(() => 1, { ...apart, runtimeEnv: { workingDir: "/not/there" } });
    const failure = await get(nowhere.remote()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RuntimeEnvSetupError);
    expect((failure as Error).message).toContain('workingDir "/not/there" does not exist');
    // And again: whoever asks anew is not refused for what was.
    expect(await get(nowhere.remote()).catch((error: Error) => error.name)).toBe("RuntimeEnvSetupError");
  });

  test("takes and returns small values, many at once", async () => {
    const double = remote((x: number) => x * 2, apart);
    const refs = Array.from({ length: 300 }, (_, i) => double.remote(i));
    expect(await get(refs)).toEqual(Array.from({ length: 300 }, (_, i) => i * 2));
  });

  test("throws whole errors", async () => {
    const breaks = remote(() => {
      throw new RangeError("over there", { cause: new TypeError("deeper") });
    }, apart);
    const failure = (await get(breaks.remote()).catch((error: unknown) => error)) as Error;
    expect(failure.name).toBe("TaskError");
    expect(failure.cause).toBeInstanceOf(RangeError);
    expect((failure.cause as Error).cause).toBeInstanceOf(TypeError);
  });

  test("submits tasks to threads and awaits them", async () => {
    const outer = remote(async () => {
      const inner = remote((x: number) => x + 1);
      const values = await get(Array.from({ length: 40 }, (_, i) => inner.remote(i)));
      return values.reduce((a, b) => a + b, 0);
    }, apart);
    expect(await get(outer.remote())).toBe(820);
  });

  test("streams what a generator gives", async () => {
    const count = remote(async function* (n: number) {
      for (let i = 0; i < n; i++) yield i * i;
    }, apart);
    const seen: number[] = [];
    for await (const ref of count.remote(5)) seen.push(await get(ref));
    expect(seen).toEqual([0, 1, 4, 9, 16]);
  });
});

describe("large values", () => {
  test("reach a process and come back, of every size about the pieces of a frame", async () => {
    const negate = remote((values: Float64Array) => values.map((value) => -value), apart);
    for (const length of [13_000, 131_072, 131_073, 262_144, 1_000_003]) {
      const values = Float64Array.from({ length }, (_, i) => i);
      const negated = await get(negate.remote(put(values)));
      expect(negated.length).toBe(length);
      expect([negated[0], negated[1], negated[length - 1]]).toEqual([-0, -1, 1 - length]);
    }
  });

  test("made in one process are read by another and by a thread", async () => {
    const make = remote((length: number) => new Uint32Array(length).map((_, i) => i), apart);
    const sum = (values: Uint32Array): number => values.reduce((a, b) => a + b, 0);
    const made = make.remote(100_000);
    expect(await get([remote(sum, apart).remote(made), remote(sum).remote(made)])).toEqual([4_999_950_000, 4_999_950_000]);
  });

  test("put by a process outlive its turn, and free their memory when their last ref is gone", async () => {
    const hold = remote(async (count: number) => {
      const refs = Array.from({ length: count }, (_, i) => put(new Float64Array(500_000).fill(i)));
      let total = 0;
      for (const ref of refs) total += (await get(ref))[7] ?? 0;
      return total;
    }, apart);
    // Ten rounds of 40 MB each are more than the store holds.
    for (let round = 0; round < 10; round++) expect(await get(hold.remote(10))).toBe(45);
  });

  test("freed while they are on their way are refused to those who ask", async () => {
    const make = remote(() => put(new Float64Array(200_000)), apart);
    const inner = await get(make.remote());
    expect((await get(inner)).length).toBe(200_000);
    const { free } = await import("../../mod.ts");
    free([inner]);
    expect(await get(inner).catch((error: unknown) => error)).toBeInstanceOf(ObjectFreedError);
  });

  test("beyond what the store takes are an error, and the process goes on", async () => {
    const huge = remote(() => new Float64Array(30_000_000), apart);
    const failure = (await get(huge.remote()).catch((error: unknown) => error)) as Error;
    expect((failure.cause as Error).name).toBe("ObjectStoreFullError");
    expect(await get(remote(() => 1, apart).remote())).toBe(1);
  });
});

test("the CPU of an awaiting process is free for others, and all are free in the end", async () => {
  const wait4 = remote(async () => {
    const leaf = remote(() => 1, { isolation: "process" });
    return (await get([leaf.remote(), leaf.remote()])).length;
  }, apart);
  expect(await get([wait4.remote(), wait4.remote()])).toEqual([2, 2]);
  await waitForCondition(async () => (await availableResources())["CPU"] === 2);
  const [ready] = await wait([wait4.remote()], { timeoutMs: 10_000 });
  expect(ready.length).toBe(1);
});
