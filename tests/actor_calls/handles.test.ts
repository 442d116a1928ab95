import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { type ActorHandle, get, init, kill, put, remote, shutdown } from "../../mod.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Counter {
  n = 0;
  incr(): number {
    return ++this.n;
  }
}
const CounterActor = remote(Counter, { isolation: "shared" });

class Holder {
  handle: ActorHandle<Counter> | undefined;
  keep(box: { handle: ActorHandle<Counter> }): void {
    this.handle = box.handle;
  }
  give(): ActorHandle<Counter> | undefined {
    return this.handle;
  }
  async use(): Promise<number> {
    return await get((this.handle as ActorHandle<Counter>).incr.remote());
  }
}

describe("a handle", () => {
  test("is passed to tasks and actors, alone and inside values, returned and put", async () => {
    const counter = CounterActor.remote();
    const bump = remote(async (to: ActorHandle<Counter>) => await get(to.incr.remote()));
    expect(await get(bump.remote(counter))).toBe(1);
    const nested = remote(
      async ({ deep }: { deep: [Map<string, ActorHandle<Counter>>] }) => await get((deep[0].get("c") as ActorHandle<Counter>).incr.remote()),
    );
    expect(await get(nested.remote({ deep: [new Map([["c", counter]])] }))).toBe(2);
    const holder = remote(Holder).remote();
    await get(holder.keep.remote({ handle: counter }));
    expect(await get(holder.use.remote())).toBe(3);
    const back = (await get(holder.give.remote())) as ActorHandle<Counter>;
    expect(await get(back.incr.remote())).toBe(4);
    const stored = await get(put({ handle: counter }));
    expect(await get(stored.handle.incr.remote())).toBe(5);
    const make = remote(() => remote(Counter, { isolation: "shared", lifetime: "detached" }).remote(), {
      captures: { Counter },
    });
    const made = (await get(make.remote())) as unknown as ActorHandle<Counter>;
    expect(await get(made.incr.remote())).toBe(1);
    kill(made);
  });

  test("says what it is: as text, in a console, in JSON", async () => {
    const counter = CounterActor.remote();
    const text = String(counter);
    expect(text).toMatch(/^ActorHandle\(Counter, a\w+-\w+\)$/);
    expect(inspect(counter)).toBe(text);
    expect(JSON.stringify({ counter })).toBe(JSON.stringify({ counter: text }));
    expect(Object.prototype.toString.call(counter)).toBe("[object ActorHandle]");
    const again = (await get(put([counter])))[0];
    expect(String(again)).toBe(text);
  });

  test("has no fields, and is no promise", async () => {
    const counter = CounterActor.remote();
    expect(() => {
      (counter as unknown as { n: number }).n = 5;
    }).toThrow(/"n" belongs to the actor/);
    expect(() => delete (counter as unknown as { n?: number }).n).toThrow(TypeError);
    expect(await (counter as unknown)).toBe(counter);
  });

  test("called without .remote() says how to call it", () => {
    const counter = CounterActor.remote();
    expect(() => (counter.incr as unknown as () => void)()).toThrow(/"incr" of ActorHandle\(Counter.*\.incr\.remote\(/);
    expect(() => (CounterActor as unknown as () => void)()).toThrow(/CounterActor\.remote\(|Counter\.remote\(/);
  });

  test("that was disposed of cannot be used, and says so", () => {
    const counter = CounterActor.remote();
    (counter as unknown as Disposable)[Symbol.dispose]();
    (counter as unknown as Disposable)[Symbol.dispose]();
    expect(() => counter.incr.remote()).toThrow(/was disposed of/);
  });
});
