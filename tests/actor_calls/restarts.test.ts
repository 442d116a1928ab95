import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getRuntimeContext, init, kill, put, remote, shutdown } from "../../mod.ts";
import { until } from "../util/until.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Fragile {
  calls: unknown[] = [];
  readonly signal: SignalHandle | undefined;
  readonly start: unknown;
  constructor(signal?: SignalHandle, start?: unknown) {
    this.signal = signal;
    this.start = start;
    this.signal?.note.remote("constructed");
  }
  add(entry: unknown): number {
    return this.calls.push(entry);
  }
  all(): unknown[] {
    return this.calls;
  }
  started(): unknown {
    return this.start;
  }
  exit(code: number): void {
    console.log("about to exit");
    process.exit(code);
  }
  crash(): void {
    setTimeout(() => {
      // With something inside that only places of tasks can read.
      throw Object.assign(new Error("thrown outside any call"), { retry: () => "again" });
    });
  }
  async exitOnce(signal: SignalHandle): Promise<number> {
    if (getRuntimeContext().attempt === 0) {
      await get(signal.note.remote("first try"));
      process.exit(7);
    }
    return getRuntimeContext().attempt;
  }
  async wait(signal: SignalHandle): Promise<string> {
    await get(signal.pass.remote("waits"));
    return "through";
  }
  reconstructed(): boolean {
    return getRuntimeContext().wasCurrentActorReconstructed;
  }
}
const FragileActor = remote(Fragile);

async function comesBack(actor: ActorHandle<Fragile>): Promise<void> {
  await until(async () => {
    try {
      return await get(actor.reconstructed.remote());
    } catch {
      return false;
    }
  });
}

describe("a worker that dies", () => {
  test("takes its actor with it: the error names the cause, the exit code and the last lines", async () => {
    const actor = FragileActor.remote();
    const before = actor.add.remote(1);
    const exiting = actor.exit.remote(3);
    const after = actor.add.remote(2);
    expect(await get(before)).toBe(1);
    for (const ref of [exiting, after]) {
      const error = await failureOf(ref as never);
      expect(error["code"]).toBe("ACTOR_DIED");
      expect(error.message).toMatch(/exit code 3/);
      expect(error.message).toMatch(/Last log lines:\n.*about to exit/s);
      expect(error["death"]).toMatchObject({ cause: "exit", exitCode: 3 });
    }
    expect((await failureOf(actor.add.remote(3)))["code"]).toBe("ACTOR_DIED");
  });

  test("of an uncaught error has that error as its cause", async () => {
    const other = FragileActor.remote();
    // Its answer and its end are told on ways of their own.
    await get(other.crash.remote() as never).catch(() => {});
    let error = new Error();
    await until(async () => {
      try {
        await get(other.add.remote(1));
        return false;
      } catch (caught) {
        error = caught as Error;
        return true;
      }
    });
    expect(error.message).toMatch(/thrown outside any call/);
    expect((error.cause as Error).message).toMatch(/thrown outside any call/);
  });
});

describe("maxRestarts", () => {
  test("brings an actor back with a new run of its constructor, so many times", async () => {
    const signal = SignalActor.remote();
    const actor = FragileActor.options({ maxRestarts: 2 }).remote(signal);
    for (let i = 1; i <= 2; i++) {
      await get(actor.add.remote("lost"));
      const error = await failureOf(actor.exit.remote(1) as never);
      expect(error["code"]).toBe("ACTOR_UNAVAILABLE");
      expect(error.message).toMatch(/It died: .*exit code 1.*\n.*about to exit/s);
      expect(error["death"]).toMatchObject({ cause: "exit", exitCode: 1, workerId: expect.any(String), at: expect.any(Number) });
      await comesBack(actor);
      expect(await get(actor.all.remote())).toEqual([]);
      // The note goes its own way, and may come after the answers.
      expect(await get(signal.arrived.remote(i + 1))).toHaveLength(i + 1);
    }
    const error = await failureOf(actor.exit.remote(1) as never);
    expect(error["code"]).toBe("ACTOR_DIED");
  });

  test("of -1 brings it back for ever", async () => {
    const actor = FragileActor.options({ maxRestarts: -1, maxTaskRetries: -1 }).remote();
    expect(await get(actor.reconstructed.remote())).toBe(false);
    for (let i = 0; i < 4; i++) {
      kill(actor, { noRestart: false });
      expect(await get(actor.add.remote(i))).toBe(1);
    }
    expect(await get(actor.reconstructed.remote())).toBe(true);
    kill(actor);
    expect((await failureOf(actor.all.remote()))["code"]).toBe("ACTOR_DIED");
  });

  test("keeps what the constructor was given, though nobody else holds it", async () => {
    const make = (): ActorHandle<Fragile> => {
      const big = put(new Uint8Array(200_000).fill(3));
      const actor = FragileActor.options({ maxRestarts: 1, maxTaskRetries: 1 }).remote(undefined, big as never);
      (big as unknown as Disposable)[Symbol.dispose]();
      return actor;
    };
    const actor = make();
    expect(((await get(actor.started.remote())) as Uint8Array).length).toBe(200_000);
    kill(actor, { noRestart: false });
    expect(((await get(actor.started.remote())) as Uint8Array)[199_999]).toBe(3);
  });
});

describe("maxTaskRetries", () => {
  test("makes calls anew that were lost with the actor, in their order", async () => {
    const signal = SignalActor.remote();
    const actor = FragileActor.options({ maxRestarts: 1, maxTaskRetries: 1 }).remote();
    await get(actor.add.remote("before"));
    const retried = actor.exitOnce.remote(signal);
    const refs = ["a", "b", "c", "d"].map((entry) => actor.add.remote(entry));
    expect(await get(retried)).toBe(1);
    expect(await get(refs)).toEqual([1, 2, 3, 4]);
    expect(await get(actor.all.remote())).toEqual(["a", "b", "c", "d"]);
    expect(await get(signal.notes.remote())).toEqual(["first try"]);
  });

  test("is 0 by default: the calls under way say that the actor was not to be reached", async () => {
    const signal = SignalActor.remote();
    const actor = FragileActor.options({ maxRestarts: 1 }).remote();
    const refs = [actor.wait.remote(signal), actor.add.remote(1)];
    await get(signal.arrived.remote(1));
    kill(actor, { noRestart: false });
    for (const ref of refs) expect((await failureOf(ref as never))["code"]).toBe("ACTOR_UNAVAILABLE");
    expect(await get(actor.add.remote(2))).toBe(1);
  });

  test("with retryExceptions repeats calls that throw", async () => {
    class Flaky {
      tries = 0;
      flaky(until: number): number {
        if (++this.tries < until) throw new RangeError(`try ${this.tries}`);
        return this.tries;
      }
      other(): number {
        this.tries++;
        throw new TypeError("no");
      }
      count(): number {
        return this.tries;
      }
    }
    const FlakyActor = remote(Flaky, { maxTaskRetries: 2, retryExceptions: ["RangeError"] });
    expect(await get(FlakyActor.remote().flaky.remote(3))).toBe(3);
    expect((await failureOf(FlakyActor.remote().flaky.remote(4))).message).toMatch(/try 3/);
    const actor = FlakyActor.remote();
    await failureOf(actor.other.remote());
    expect(await get(actor.count.remote())).toBe(1);
    const plain = remote(Flaky).remote();
    expect(await get(plain.flaky.options({ maxTaskRetries: 1, retryExceptions: [RangeError] }).remote(2))).toBe(2);
  });
});
