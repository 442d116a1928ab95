import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, exitActor, get, getActor, init, kill, listNamedActors, put, remote, shutdown } from "../../mod.ts";
import { collectGarbage } from "../runtime/memory/collect.ts";
import { until } from "../util/until.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Counter {
  n: number;
  constructor(n = 0) {
    this.n = n;
  }
  incr(): number {
    return ++this.n;
  }
  async wait(signal: SignalHandle): Promise<number> {
    await get(signal.pass.remote());
    return ++this.n;
  }
  leave(): void {
    exitActor();
  }
  async leaveLater(signal: SignalHandle): Promise<void> {
    await get(signal.pass.remote());
    exitActor();
  }
  *leaveStream(): Generator<number> {
    yield 1;
    exitActor();
  }
}
const CounterActor = remote(Counter);

const lives = async (name: string): Promise<boolean> => (await listNamedActors()).some((actor) => actor.name === name);
const drop = (handle: object): void => (handle as Disposable)[Symbol.dispose]();

describe("an actor ends", () => {
  test("with its last handle, disposed of", async () => {
    const counter = CounterActor.options({ name: "disposed" }).remote();
    const second = (await getActor("disposed")) as unknown as ActorHandle<Counter>;
    drop(counter);
    expect(await get(second.incr.remote())).toBe(1);
    drop(second);
    await until(async () => !(await lives("disposed")));
  });

  test("with its last handle, collected", async () => {
    const collected = async (): Promise<void> => {
      const counter = CounterActor.options({ name: "collected" }).remote();
      await get(counter.incr.remote());
    };
    await collected();
    await until(async () => {
      collectGarbage();
      return !(await lives("collected"));
    });
  });

  test("not while calls are pending whose handle is gone", async () => {
    const signal = SignalActor.remote();
    const counter = CounterActor.options({ name: "pending" }).remote(41);
    const ref = counter.wait.remote(signal);
    drop(counter);
    await get(signal.open.remote());
    expect(await get(ref)).toBe(42);
    await until(async () => !(await lives("pending")));
  });

  test("with the actor or the task that held its last handle", async () => {
    class Holder {
      handle: ActorHandle<Counter> | undefined;
      keep(box: { handle: ActorHandle<Counter> }): void {
        this.handle = box.handle;
      }
      async use(): Promise<number> {
        return await get((this.handle as ActorHandle<Counter>).incr.remote());
      }
    }
    const holder = remote(Holder).remote();
    const counter = CounterActor.options({ name: "held" }).remote();
    await get(holder.keep.remote({ handle: counter }));
    drop(counter);
    expect(await get(holder.use.remote())).toBe(1);
    expect(await lives("held")).toBe(true);
    kill(holder);
    await until(async () => !(await lives("held")));
  });

  test("never, of its own, when it is detached", async () => {
    const detached = CounterActor.options({ name: "detached", lifetime: "detached" }).remote();
    await get(detached.incr.remote());
    drop(detached);
    const again = (await getActor("detached")) as unknown as ActorHandle<Counter>;
    expect(await get(again.incr.remote())).toBe(2);
    kill(again);
    await until(async () => !(await lives("detached")));
  });
});

describe("kill()", () => {
  test("ends an actor at once: what runs and what waits says so", async () => {
    const signal = SignalActor.remote();
    const counter = CounterActor.options({ name: "victim" }).remote();
    const refs = [counter.wait.remote(signal), counter.incr.remote(), counter.incr.remote()];
    await get(signal.arrived.remote(1));
    kill(counter);
    for (const ref of refs) {
      const error = await failureOf(ref);
      expect(error["code"]).toBe("ACTOR_DIED");
      expect(error.message).toMatch(/killed/);
      expect(error["death"]).toMatchObject({ cause: "killed" });
    }
    expect((await failureOf(counter.incr.remote()))["code"]).toBe("ACTOR_DIED");
    // Its name is free again.
    const next = CounterActor.options({ name: "victim" }).remote(5);
    expect(await get(next.incr.remote())).toBe(6);
    kill(next);
    kill(next);
  });

  test("of an actor that does not live yet", async () => {
    const counter = CounterActor.remote();
    const ref = counter.incr.remote();
    kill(counter);
    expect((await failureOf(ref))["code"]).toBe("ACTOR_DIED");
  });

  test("refuses what is no handle", () => {
    expect(() => kill({} as never)).toThrow(/kill\(\) takes an actor handle/);
  });
});

describe("exitActor()", () => {
  test("ends the actor from inside: the call and those that wait say so", async () => {
    const counter = CounterActor.remote();
    await get(counter.incr.remote());
    const refs = [counter.leave.remote(), counter.incr.remote()];
    for (const ref of refs) expect((await failureOf(ref as never)).message).toMatch(/exitActor\(\) was called/);
  });

  test("ends it from an async method and from a generator", async () => {
    const signal = SignalActor.remote();
    const counter = CounterActor.remote();
    const leaving = counter.leaveLater.remote(signal);
    const waiting = counter.incr.remote();
    await get(signal.open.remote());
    for (const ref of [leaving, waiting]) expect((await failureOf(ref as never)).message).toMatch(/exitActor\(\) was called/);
    const streaming = CounterActor.remote();
    const errors: unknown[] = [];
    for await (const ref of streaming.leaveStream.remote()) await get(ref).catch((error: unknown) => errors.push(error));
    expect(errors).toHaveLength(1);
    expect((errors[0] as Error).message).toMatch(/exitActor\(\) was called/);
  });

  test("outside an actor is an error", () => {
    expect(() => exitActor()).toThrow(/outside one there is no actor/);
  });
});

describe("a constructor that throws", () => {
  class Broken {
    constructor(why: string) {
      throw Object.assign(new RangeError(why), { field: "age" });
    }
    method(): void {}
  }

  test("leaves a dead actor whose calls carry the original error", async () => {
    const broken = remote(Broken, { maxRestarts: 3 }).remote("no good");
    const refs = [broken.method.remote(), broken.method.remote()];
    for (const ref of [...refs, broken.method.remote()]) {
      const error = await failureOf(ref as never);
      expect(error["code"]).toBe("ACTOR_DIED");
      expect(error.message).toMatch(/constructor threw: RangeError: no good/);
      expect(error.cause).toMatchObject({ name: "RangeError", message: "no good", field: "age" });
    }
  });

  test("with an error that has refs, handles and functions inside gives them on", async () => {
    class Rich {
      constructor(parts: unknown[]) {
        throw Object.assign(new Error("rich"), { parts, retry: (x: number) => x + 1 });
      }
      method(): void {}
    }
    const counter = CounterActor.remote();
    const ref = put({ x: 1 });
    const error = await failureOf(remote(Rich).remote([ref, counter]).method.remote() as never);
    expect(error["code"]).toBe("ACTOR_DIED");
    const { parts, retry } = error.cause as unknown as { parts: [typeof ref, typeof counter]; retry(x: number): number };
    expect(await get(parts[0])).toEqual({ x: 1 });
    expect(await get(parts[1].incr.remote())).toBe(1);
    expect(retry(1)).toBe(2);
  });
});
