import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, init, type ObjectRef, type ObjectRefGenerator, put, remote, shutdown, TaskError } from "../../mod.ts";
import { type Kitchen, KitchenActor } from "./kitchen.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2, namespace: "methods" }));
afterAll(() => shutdown());

let kitchen: ActorHandle<Kitchen, typeof Kitchen.methods>;
beforeAll(() => {
  kitchen = KitchenActor.remote();
});

describe("methods", () => {
  test("are sync or async, inherited or overridden, and may be fields that hold functions", async () => {
    expect(await get(kitchen.later.remote(1))).toBe(2);
    expect(await get(kitchen.inherited.remote())).toBe(41);
    expect(await get(kitchen.overridden.remote())).toBe("base and more");
    expect(await get(kitchen.arrow.remote(4))).toBe(12);
  });

  test("that are not there fail with the names of those that are; a getter is none", async () => {
    const loose = kitchen as unknown as ActorHandle<{
      missing(): void;
      getter(): void;
      constructor(): void;
      hasOwnProperty(x: string): void;
    }>;
    const error = await failureOf(loose.missing.remote());
    expect(error).toBeInstanceOf(TaskError);
    expect(error.message).toMatch(/Kitchen has no method "missing".*overridden, later, pair.*inherited/s);
    expect(error.message).not.toMatch(/getter|constructor/);
    expect((await failureOf(loose.getter.remote())).message).toMatch(/no method "getter"/);
    expect((await failureOf(loose.hasOwnProperty.remote("x"))).message).toMatch(/no method "hasOwnProperty"/);
  });

  test("give several refs where the class or the call says so", async () => {
    const [text, number] = kitchen.pair.remote();
    expect(await get(number)).toBe(1);
    expect(await get(text)).toBe("a");
    expect(await get(kitchen.pair.options({ numReturns: 1 }).remote())).toEqual(["a", 1]);
    const [x, y] = kitchen.listed.remote() as unknown as [ObjectRef<string>, ObjectRef<string>];
    expect(await get([x, y])).toEqual(["x", "y"]);
  });

  test("that are generators stream their items, inherited ones too", async () => {
    const items: number[] = [];
    for await (const ref of kitchen.many.remote(3)) items.push(await get(ref));
    expect(items).toEqual([0, 1, 2]);
  });

  test("that throw as generators give the error as their last ref", async () => {
    const refs: ObjectRef<number>[] = [];
    for await (const ref of kitchen.failing.remote()) refs.push(ref);
    expect(refs).toHaveLength(2);
    expect(await get(refs[0] as ObjectRef<number>)).toBe(1);
    expect((await failureOf(refs[1] as ObjectRef<number>)).cause).toMatchObject({
      name: "RangeError",
      message: "after one",
    });
  });

  test("that are generators run ahead of their reader no further than they may", async () => {
    const stream = kitchen.held.remote() as unknown as ObjectRefGenerator<number>;
    const reader = stream[Symbol.asyncIterator]();
    expect(await get((await reader.next()).value as ObjectRef<number>)).toBe(0);
    // The actor may run two calls: what it has made can be asked while the generator is held back.
    expect(await get(kitchen.made.remote())).toBeLessThanOrEqual(3);
    const rest: number[] = [];
    for (let step = await reader.next(); !step.done; step = await reader.next()) rest.push(await get(step.value));
    expect(rest).toEqual([1, 2, 3, 4, 5]);
    expect(await get(kitchen.made.remote())).toBe(6);
  });

  test("fail with the error that they threw, whole, and the name of the method", async () => {
    const error = await failureOf<TaskError>(kitchen.throws.remote("too young"));
    expect(error.functionName).toBe("Kitchen.throws");
    expect(error.cause).toMatchObject({ name: "RangeError", message: "too young", field: "age" });
  });

  test("that return what has a `then` of its own give what it gives, and fail alone when it throws", async () => {
    const light = KitchenActor.options({ isolation: "shared" }).remote();
    expect(await get(light.thenable.remote("calls back twice"))).toBe("once");
    for (const kind of ["throws when looked at", "throws when called"] as const) {
      expect((await failureOf<TaskError>(light.thenable.remote(kind))).cause).toMatchObject({ name: "RangeError", message: kind });
    }
    expect(await get(light.made.remote())).toBe(0);
  });

  test("that are generators end with the worker that reads them", async () => {
    const kitchen = KitchenActor.options({ maxConcurrency: 1 }).remote();
    const reader = remote(
      async (of: ActorHandle<Kitchen, typeof Kitchen.methods>) => {
        for await (const ref of of.held.remote()) {
          await get(ref);
          process.exit(3);
        }
      },
      { maxRetries: 0 },
    );
    await failureOf(reader.remote(kitchen));
    // It runs one call at a time: this one has to wait for the generator's end.
    expect(await get(kitchen.made.remote())).toBeLessThan(6);
  });

  test("know the actor that they belong to", async () => {
    const named = KitchenActor.options({ name: "known", namespace: "elsewhere" }).remote();
    const seen = await get(named.self.remote());
    expect(seen).toMatchObject({
      actorName: "known",
      namespace: "methods",
      taskName: "Kitchen.self",
      reconstructed: false,
    });
    expect(`${named}`).toContain(seen.actorId as string);
  });
});

class Keeper {
  value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  get(): unknown {
    return this.value;
  }
  size(): number {
    return (this.value as Uint8Array).length;
  }
  set(value: unknown): void {
    this.value = value;
  }
}
const KeeperActor = remote(Keeper);

class Parent {
  async callChild(child: ActorHandle<Keeper>, value: number): Promise<unknown> {
    await get(child.set.remote(value));
    return await get(child.get.remote());
  }
  async submit(n: number): Promise<number> {
    const square = remote((x: number) => x * x);
    const results = await get(Array.from({ length: n }, (_, i) => square.remote(i)));
    return results.reduce((a, b) => a + b, 0);
  }
}
const ParentActor = remote(Parent);

describe("actors", () => {
  test("take refs in their constructors: ready, pending and large", async () => {
    const signal = SignalActor.remote();
    const late = remote(async (to: SignalHandle) => {
      await get(to.pass.remote());
      return "late";
    }).remote(signal);
    const waits = KeeperActor.remote(late);
    const answer = waits.get.remote();
    expect(await get(KeeperActor.remote(put("ready")).get.remote())).toBe("ready");
    expect(await get(KeeperActor.remote(put(new Uint8Array(300_000))).size.remote())).toBe(300_000);
    expect(await get(KeeperActor.remote(new Uint8Array(300_000)).size.remote())).toBe(300_000);
    await get(signal.open.remote());
    expect(await get(answer)).toBe("late");
  });

  test("whose constructor's argument fails are dead, and say why", async () => {
    const failing = (): ObjectRef<unknown> =>
      remote((): unknown => {
        throw new RangeError("no argument");
      }).remote();
    const pending = await failureOf(KeeperActor.remote(failing()).get.remote());
    const failed = failing();
    await failureOf(failed);
    const atOnce = await failureOf(KeeperActor.remote(failed).get.remote());
    for (const error of [pending, atOnce]) {
      expect(error["code"]).toBe("ACTOR_DIED");
      expect((error.cause as Error & { code: string }).code).toBe("TASK_ERROR");
      expect((error.cause as Error).cause).toMatchObject({ name: "RangeError", message: "no argument" });
      expect(error.message).not.toMatch(/constructor threw/);
    }
  });

  test("call actors, and submit tasks and wait for them", async () => {
    const parent = ParentActor.remote();
    expect(await get(parent.callChild.remote(KeeperActor.remote(0), 7))).toBe(7);
    expect(await get(parent.submit.remote(10))).toBe(285);
  });

  test("are alive when __ready__ says so", async () => {
    expect(await get(KeeperActor.remote(1).__ready__.remote())).toBe(true);
  });
});
