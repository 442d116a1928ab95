import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { type ActorHandle, get, getActor, init, kill, put, remote, shutdown } from "../../mod.ts";
import { session } from "../../runtime/session/mod.ts";
import { collectGarbage } from "../runtime/memory/collect.ts";
import { until } from "../util/until.ts";

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

  test("that came from elsewhere leaves nothing at its actor, disposed of or collected", async () => {
    const { kernel } = session().caller;
    const made = CounterActor.options({ name: "left", lifetime: "detached" }).remote();
    const ended = new Set<unknown>();
    const send = kernel.send.bind(kernel);
    kernel.send = (to, envelope) => {
      if (envelope[1] === "laneEnded" && `${made}`.includes(`${envelope[3]}`)) ended.add(envelope[5]);
      send(to, envelope);
    };
    try {
      await get(made.incr.remote());
      (made as unknown as Disposable)[Symbol.dispose]();
      const visit = async (dispose: boolean): Promise<void> => {
        const found = (await getActor("left")) as unknown as ActorHandle<Counter> & Disposable;
        await get([found.incr.remote(), found.incr.remote()]);
        if (dispose) found[Symbol.dispose]();
      };
      await visit(true);
      expect(ended.size).toBe(1);
      // The collector may leave the last.
      for (let i = 0; i < 3; i++) await visit(false);
      await until(() => {
        collectGarbage();
        return ended.size > 1;
      });
      const last = (await getActor("left")) as unknown as ActorHandle<Counter>;
      expect(await get(last.incr.remote())).toBe(10);
      kill(last);
    } finally {
      kernel.send = send;
    }
  });

  test("that was disposed of cannot be used, and says so", () => {
    const counter = CounterActor.remote();
    (counter as unknown as Disposable)[Symbol.dispose]();
    (counter as unknown as Disposable)[Symbol.dispose]();
    expect(() => counter.incr.remote()).toThrow(/was disposed of/);
  });
});
