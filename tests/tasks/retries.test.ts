import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getRuntimeContext, init, type ObjectRef, put, remote, shutdown, TaskError, WorkerCrashedError } from "../../mod.ts";
import { rejection } from "../rejection.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2, logToDriver: false }));
afterAll(() => shutdown());

/** Notes each attempt, and throws an error of the given kind in all but the last of `n`. */
const flaky = remote(async (n: number, kind: string, to: ActorHandle<Gate>) => {
  class Transient extends RangeError {
    override name = "Transient";
  }
  const { attempt } = getRuntimeContext();
  await get(to.note.remote(`${attempt}`));
  if (attempt < n - 1)
    throw kind === "Transient" ? new Transient("not yet") : kind === "RangeError" ? new RangeError("not yet") : new TypeError("not yet");
  return attempt;
});

const crash = remote(async (n: number, to: ActorHandle<Gate>) => {
  const { attempt } = getRuntimeContext();
  await get(to.note.remote(`${attempt}`));
  if (attempt < n - 1) process.exit(3);
  return attempt;
});

async function attempts(gate: ActorHandle<Gate>): Promise<string[]> {
  return await get(gate.read.remote());
}

describe("retryExceptions", () => {
  test("an exception is not retried by default", async () => {
    const gate = GateActor.remote();
    expect(await rejection(get(flaky.remote(2, "RangeError", gate)))).toBeInstanceOf(TaskError);
    expect(await attempts(gate)).toEqual(["0"]);
  });

  test("with true any exception is, up to maxRetries", async () => {
    const gate = GateActor.remote();
    expect(await get(flaky.options({ retryExceptions: true }).remote(3, "TypeError", gate))).toBe(2);
    expect(await attempts(gate)).toEqual(["0", "1", "2"]);
    const other = GateActor.remote();
    const error = await get(flaky.options({ retryExceptions: true, maxRetries: 1 }).remote(5, "TypeError", other)).catch((error: unknown) => error);
    expect((error as TaskError).cause).toBeInstanceOf(TypeError);
    expect(await attempts(other)).toEqual(["0", "1"]);
  });

  test("a list of classes or names covers their subclasses and no others", async () => {
    for (const kinds of [[RangeError], ["RangeError"], ["Transient"], [TypeError, "RangeError"]]) {
      const gate = GateActor.remote();
      expect(await get(flaky.options({ retryExceptions: kinds }).remote(2, "Transient", gate))).toBe(1);
    }
    const gate = GateActor.remote();
    expect(await rejection(get(flaky.options({ retryExceptions: [RangeError] }).remote(2, "TypeError", gate)))).toBeInstanceOf(TaskError);
    expect(await attempts(gate)).toEqual(["0"]);
  });

  test("with -1 retries have no end", async () => {
    const gate = GateActor.remote();
    expect(await get(flaky.options({ retryExceptions: true, maxRetries: -1 }).remote(12, "RangeError", gate))).toBe(11);
  });

  test("a retried task sees its arguments as they were, and gives several returns", async () => {
    const twice = remote(
      (a: number, b: { list: number[] }): [number, number] => {
        b.list.push(1);
        if (getRuntimeContext().attempt === 0) throw new Error("once more");
        return [a, b.list.length];
      },
      { retryExceptions: true, numReturns: 2 },
    );
    const [a, length] = twice.remote(put(4), { list: [] });
    expect(await get([a, length])).toEqual([4, 1]);
    const large = remote((bytes: Uint8Array) => {
      if (getRuntimeContext().attempt === 0) throw new Error("once more");
      return bytes.length;
    });
    expect(await get(large.options({ retryExceptions: true }).remote(new Uint8Array(200_000)))).toBe(200_000);
  });
});

describe("a worker's crash", () => {
  test("is retried three times, then the error says what became of the worker", async () => {
    const gate = GateActor.remote();
    const error = (await get(crash.remote(9, gate)).catch((error: unknown) => error)) as WorkerCrashedError;
    expect(error).toBeInstanceOf(WorkerCrashedError);
    expect(error.death.exitCode).toBe(3);
    expect(await attempts(gate)).toEqual(["0", "1", "2", "3"]);
  });

  test("is not noticed where a retry succeeds", async () => {
    const gate = GateActor.remote();
    expect(await get(crash.remote(2, gate))).toBe(1);
  });

  test("with maxRetries 0 the task runs once", async () => {
    const gate = GateActor.remote();
    expect(await rejection(get(crash.options({ maxRetries: 0 }).remote(2, gate)))).toBeInstanceOf(WorkerCrashedError);
    expect(await attempts(gate)).toEqual(["0"]);
  });

  test("loses no other task of its batch", async () => {
    const some = remote((x: number) => {
      if (x % 10 === 0 && getRuntimeContext().attempt === 0) process.exit(1);
      return x;
    });
    const refs = Array.from({ length: 60 }, (_, i) => some.remote(i));
    expect(await get(refs)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  test("in a child leaves its parent to go on", async () => {
    const child = remote(() => {
      if (getRuntimeContext().attempt === 0) process.exit(1);
      return "child";
    });
    const parent = remote(async () => await get(child.remote()));
    expect(await get(parent.remote())).toBe("child");
  });

  test("of a generator's worker: the items go on without gaps or repeats", async () => {
    const items = remote(
      function* () {
        for (let i = 0; i < 6; i++) {
          yield i;
          if (i === 3 && getRuntimeContext().attempt === 0) process.exit(1);
        }
      },
      { generatorBackpressure: 2 },
    );
    const values: number[] = [];
    for await (const ref of items.remote()) values.push(await get(ref));
    expect(values).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("maxCalls", () => {
  test("a worker is replaced after so many calls, and no call is lost", async () => {
    const where = remote((x: number) => ({ x, worker: getRuntimeContext().workerId }), { maxCalls: 5 });
    const results = await get(Array.from({ length: 43 }, (_, i) => where.remote(i)));
    expect(results.map(({ x }) => x)).toEqual(Array.from({ length: 43 }, (_, i) => i));
    const calls = new Map<string, number>();
    for (const { worker } of results) calls.set(worker, (calls.get(worker) ?? 0) + 1);
    for (const count of calls.values()) expect(count).toBeLessThanOrEqual(5);
  });

  test("of 1 gives each call a worker of its own", async () => {
    const where = remote(() => getRuntimeContext().workerId, { maxCalls: 1, maxRetries: 0 });
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) seen.push(await get(where.remote() as ObjectRef<string>));
    expect(new Set(seen).size).toBe(4);
  });
});
