import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, init, remote, shutdown } from "../../mod.ts";
import { GroupedActor, MeterActor } from "./meter.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Log {
  entries: unknown[] = [];
  add(entry: unknown, ..._rest: unknown[]): number {
    return this.entries.push(entry);
  }
  all(): unknown[] {
    return this.entries;
  }
}
const LogActor = remote(Log);

describe("one caller's calls", () => {
  test("run in the order submitted, from before the actor lives to long after", async () => {
    const log = LogActor.remote();
    for (let i = 0; i < 500; i++) log.add.remote(i);
    // From here on they go straight to the actor's thread; before, by way of the control store.
    await get(log.add.remote(500));
    for (let i = 501; i < 1_000; i++) log.add.remote(i);
    expect(await get(log.all.remote())).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  test("keep their order across the moment at which the actor begins to live", async () => {
    const log = LogActor.remote();
    let sent = 0;
    const first = log.add.remote(sent++);
    let alive = false;
    const living = get(first).then(() => (alive = true));
    while (!alive) {
      log.add.remote(sent++);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await living;
    for (let i = 0; i < 100; i++) log.add.remote(sent++);
    expect(await get(log.all.remote())).toEqual(Array.from({ length: sent }, (_, i) => i));
  });

  test("are held back by an argument that is not ready, and others' are not", async () => {
    const signal = SignalActor.remote();
    const pending = remote(async (to: SignalHandle) => {
      await get(to.pass.remote());
      return "late";
    }).remote(signal);
    const log = LogActor.remote();
    const refs = [log.add.remote("a"), log.add.remote(pending), log.add.remote("c")];
    const other = remote(async (to: ActorHandle<Log>) => await get(to.add.remote("from another"))).remote(log);
    expect(await get(other)).toBe(2);
    await get(signal.open.remote());
    expect(await get(refs)).toEqual([1, 3, 4]);
    expect(await get(log.all.remote())).toEqual(["a", "from another", "late", "c"]);
  });

  test("go on behind one whose argument has failed", async () => {
    const signal = SignalActor.remote();
    const failing = remote(async (to: SignalHandle): Promise<number> => {
      await get(to.pass.remote());
      throw new RangeError("no such thing");
    }).remote(signal);
    const log = LogActor.remote();
    const held = log.add.remote(failing);
    const after = log.add.remote("after");
    await get(signal.open.remote());
    const error = await failureOf(held);
    expect((error.cause as Error).name).toBe("RangeError");
    expect(await get(after)).toBe(1);
  });

  test("keep their order among those of many callers", async () => {
    const log = LogActor.remote();
    const caller = remote(async (to: ActorHandle<Log>, name: string) => {
      await get(Array.from({ length: 100 }, (_, i) => to.add.remote([name, i])));
    });
    await get(["a", "b", "c", "d"].map((name) => caller.remote(log, name)));
    const entries = (await get(log.all.remote())) as [string, number][];
    expect(entries).toHaveLength(400);
    for (const name of ["a", "b", "c", "d"]) {
      expect(entries.filter(([by]) => by === name).map(([, i]) => i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }
  });

  test("keep their order with large arguments among small ones", async () => {
    const log = LogActor.remote();
    const refs = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? log.add.remote(i, new Float64Array(30_000)) : log.add.remote(i)));
    await get(refs);
    expect(await get(log.all.remote())).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe("concurrency", () => {
  test("is one call at a time by default, even across await", async () => {
    const meter = MeterActor.remote();
    await get(Array.from({ length: 50 }, () => meter.work.remote()));
    expect(await get(meter.peak.remote())).toBe(1);
  });

  test("is as many calls as maxConcurrency says", async () => {
    const signal = SignalActor.remote();
    const meter = MeterActor.options({ maxConcurrency: 3 }).remote();
    const refs = Array.from({ length: 7 }, () => meter.work.remote(signal));
    await get(signal.arrived.remote(3));
    await get(signal.open.remote());
    await get(refs);
    expect(await get(meter.peak.remote())).toBe(3);
  });

  test("is counted by concurrency group: a full group holds up no other", async () => {
    const signal = SignalActor.remote();
    const actor = GroupedActor.remote();
    const slow = [1, 2, 3].map(() => actor.slow.remote(signal));
    await get(signal.arrived.remote(2));
    expect(await get(actor.quick.remote())).toBe("quick");
    const also = actor.quick.options({ concurrencyGroup: "io" }).remote();
    await get(signal.open.remote());
    expect(await get([...slow, also])).toEqual(["slow", "slow", "slow", "quick"]);
    expect(() => actor.quick.options({ concurrencyGroup: "ioo" })).toThrow(/concurrencyGroup.*\(io\).*"ioo"/);
  });

  test("lets an actor call itself by its own handle when it may run two", async () => {
    class Selfish {
      async outer(self: ActorHandle<Selfish>): Promise<number> {
        return (await get(self.inner.remote())) + 1;
      }
      inner(): number {
        return 1;
      }
    }
    const actor = remote(Selfish, { maxConcurrency: 2 }).remote();
    expect(await get(actor.outer.remote(actor))).toBe(2);
  });

  test("of twenty thousand calls at a standstill costs no stack when they go on", async () => {
    class Held {
      n = 0;
      async wait(signal: SignalHandle): Promise<void> {
        await get(signal.pass.remote());
      }
      incr(): number {
        return ++this.n;
      }
    }
    const signal = SignalActor.remote();
    const actor = remote(Held).remote();
    const first = actor.wait.remote(signal);
    const refs = Array.from({ length: 20_000 }, () => actor.incr.remote());
    await get(signal.open.remote());
    await get(first);
    expect(await get(refs.at(-1) as (typeof refs)[0])).toBe(20_000);
  });
});
