import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type ActorHandle,
  cancel,
  get,
  getRuntimeContext,
  init,
  type ObjectRef,
  type ObjectRefGenerator,
  remote,
  shutdown,
  TaskCancelledError,
  TaskError,
  wait,
} from "../../mod.ts";
import { rejection, rejectionText } from "../rejection.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

const count = remote(function* (n: number) {
  for (let i = 0; i < n; i++) yield i;
});

const countLater = remote(async function* (n: number) {
  for (let i = 0; i < n; i++) {
    await Promise.resolve();
    yield i;
  }
});

/** Notes each item as it makes it. */
const noted = remote(async function* (n: number, to: ActorHandle<Gate>) {
  try {
    for (let i = 0; i < n; i++) {
      await get(to.note.remote(`made ${i}`));
      yield i;
    }
  } finally {
    await get(to.note.remote("closed"));
  }
});

async function valuesOf<T>(generator: ObjectRefGenerator<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const ref of generator) values.push(await get(ref));
  return values;
}

describe("streaming generators", () => {
  test("items come in order, of a sync and of an async generator", async () => {
    expect(await valuesOf(count.remote(100))).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await valuesOf(countLater.remote(100))).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await valuesOf(count.remote(0))).toEqual([]);
  });

  test("a generator runs whether or not anyone reads", async () => {
    const gate = GateActor.remote();
    const items = noted.remote(3, gate);
    await get(gate.arrived.remote(4));
    expect(await get(gate.read.remote())).toEqual(["made 0", "made 1", "made 2", "closed"]);
    expect(await valuesOf(items)).toEqual([0, 1, 2]);
  });

  test("what it throws is the last ref, and the end fails with it", async () => {
    const breaks = remote(function* (): Generator<number> {
      yield 1;
      throw new RangeError("no more");
    });
    const items = breaks.remote();
    const refs: ObjectRef<number>[] = [];
    for await (const ref of items) refs.push(ref);
    expect(refs).toHaveLength(2);
    expect(await get(refs[0] as ObjectRef<number>)).toBe(1);
    expect(await rejectionText(get(refs[1] as ObjectRef<number>))).toMatch(/no more/);
    expect(await rejectionText(get(items.completed()))).toMatch(/no more/);
  });

  test("its end can be awaited, by others too", async () => {
    const items = count.remote(10);
    expect(await get(items.completed())).toBe(undefined);
    const after = remote(async (box: { end: ObjectRef<undefined> }) => {
      await get(box.end);
      return "ended";
    });
    const gate = GateActor.remote();
    const held = remote(async function* (to: ActorHandle<Gate>) {
      await get(to.pass.remote());
      yield 1;
    });
    const later = held.remote(gate);
    const ended = after.remote({ end: later.completed() });
    await get(gate.open.remote());
    expect(await get(ended)).toBe("ended");
  });

  test("large items are shared and stay as long as their refs", async () => {
    const large = remote(function* (n: number) {
      for (let i = 0; i < n; i++) yield new Float64Array(20_000).fill(i);
    });
    const items = large.remote(5);
    await get(items.completed());
    const sums: number[] = [];
    for await (const ref of items) sums.push((await get(ref))[0] as number);
    expect(sums).toEqual([0, 1, 2, 3, 4]);
  });

  test("items can be passed on to tasks, before anyone has looked at them", async () => {
    const double = remote((x: number) => 2 * x);
    const doubled: ObjectRef<number>[] = [];
    for await (const ref of count.remote(20)) doubled.push(double.remote(ref));
    expect(await get(doubled)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i));
  });

  test("back-pressure pauses the producer until items are taken", async () => {
    const gate = GateActor.remote();
    const items = noted.options({ generatorBackpressure: 2 }).remote(6, gate);
    const [ready] = await wait([items]);
    expect(ready).toHaveLength(1);
    await get(gate.arrived.remote(2));
    // Other tasks come and go on its worker: it had every chance to go on.
    for (let i = 0; i < 20; i++) await valuesOf(count.remote(5));
    expect(await get(gate.read.remote())).toEqual(["made 0", "made 1"]);
    const first = await items.next();
    expect(await get(first.value as ObjectRef<number>)).toBe(0);
    await get(gate.arrived.remote(3));
    for (let i = 0; i < 20; i++) await valuesOf(count.remote(5));
    expect(await get(gate.read.remote())).toEqual(["made 0", "made 1", "made 2"]);
    expect(await valuesOf(items)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a paused producer does not hold back the tasks that its reader needs", async () => {
    const double = remote((x: number) => 2 * x, { numCpus: 2 });
    const items = count.options({ generatorBackpressure: 1, numCpus: 2 }).remote(5);
    const values: number[] = [];
    for await (const ref of items) values.push(await get(double.remote(ref)));
    expect(values).toEqual([0, 2, 4, 6, 8]);
  });

  test("a loop that was broken off can be taken up again", async () => {
    const items = count.remote(5);
    for await (const ref of items) if ((await get(ref)) === 1) break;
    expect(await valuesOf(items)).toEqual([2, 3, 4]);
  });

  test("a generator that is disposed of runs to its end, whatever its back-pressure", async () => {
    const gate = GateActor.remote();
    {
      using items = noted.options({ generatorBackpressure: 1 }).remote(4, gate);
      await items.next();
    }
    await get(gate.arrived.remote(5));
    expect((await get(gate.read.remote())).at(-1)).toBe("closed");
  });

  test("wait takes generators: one is ready when its next item is here, or its end", async () => {
    const gate = GateActor.remote();
    const held = remote(async function* (to: ActorHandle<Gate>) {
      yield "first";
      await get(to.pass.remote());
      yield "second";
    });
    const items = held.remote(gate);
    const quick = count.remote(1);
    const both = await wait([items, quick], { numReturns: 2 });
    expect(both[0]).toEqual([items, quick]);
    await items.next();
    await quick.next();
    const [ready, rest] = await wait([items, quick]);
    expect(ready[0]).toBe(quick);
    expect(rest[0]).toBe(items);
    expect(await wait([items], { timeoutMs: 0 })).toEqual([[], [items]]);
    await get(gate.open.remote());
    expect((await wait([items]))[0][0]).toBe(items);
    expect((await quick.next()).done).toBe(true);
  });

  test("cancelling ends a generator: it is closed, and its last ref says so", async () => {
    const gate = GateActor.remote();
    const items = noted.options({ generatorBackpressure: 1 }).remote(1_000, gate);
    await items.next();
    cancel(items);
    const last = await items.next();
    expect(await rejection(get(last.value as ObjectRef<number>))).toBeInstanceOf(TaskCancelledError);
    expect(await rejection(get(items.completed()))).toBeInstanceOf(TaskCancelledError);
    while ((await get(gate.read.remote())).at(-1) !== "closed");
  });

  test("a generator that never waits can be cancelled all the same", async () => {
    const endless = remote(function* () {
      for (let i = 0; !getRuntimeContext().isCanceled(); i++) yield i;
    });
    const items = endless.options({ name: "endless" }).remote();
    await items.next();
    cancel(items);
    expect(await rejection(get(items.completed()))).toBeInstanceOf(TaskCancelledError);
    expect(await valuesOf(count.options({ numCpus: 2 }).remote(3))).toEqual([0, 1, 2]);
  });

  test("a generator that throws what it may retry on begins again, and no item comes twice", async () => {
    const flaky = remote(
      function* () {
        for (let i = 0; i < 5; i++) {
          if (i === 3 && getRuntimeContext().attempt < 2) throw new RangeError("again");
          yield i + 10 * getRuntimeContext().attempt;
        }
      },
      { retryExceptions: true, generatorBackpressure: 1 },
    );
    expect(await valuesOf(flaky.remote())).toEqual([0, 1, 2, 23, 24]);
    const items = flaky.options({ maxRetries: 1 }).remote();
    const error = await valuesOf(items).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TaskError);
  });

  test("an item that cannot travel fails as the last one", async () => {
    const odd = remote(function* (): Generator<unknown> {
      yield 1;
      yield new WeakMap();
      yield 3;
    });
    expect(await rejectionText(valuesOf(odd.remote()))).toMatch(/WeakMap/);
  });
});
