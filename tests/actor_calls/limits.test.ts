import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cancel, get, getRuntimeContext, init, remote, shutdown } from "../../mod.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Worker {
  static methods = { bounded: { timeoutMs: 500 } };
  done: unknown[] = [];
  async wait(signal: SignalHandle, note?: unknown): Promise<void> {
    await get(signal.pass.remote(note));
    this.done.push("waited");
  }
  async untilCancelled(signal: SignalHandle): Promise<void> {
    const { signal: cancelled } = getRuntimeContext();
    const aborted = new Promise<void>((resolve) => cancelled.addEventListener("abort", () => resolve()));
    signal.note.remote("running");
    await aborted;
    this.done.push("cancelled");
  }
  async bounded(): Promise<void> {
    const { signal: cancelled } = getRuntimeContext();
    await new Promise<void>((resolve) => cancelled.addEventListener("abort", () => resolve()));
    this.done.push(String((cancelled.reason as Error).name));
  }
  note(entry: unknown): number {
    return this.done.push(entry);
  }
  all(): unknown[] {
    return this.done;
  }
  async *endless(): AsyncGenerator<number> {
    for (let i = 0; ; i++) yield i;
  }
}
const WorkerActor = remote(Worker);

describe("maxPendingCalls", () => {
  test("refuses, at the call, more calls than may be pending", async () => {
    const signal = SignalActor.remote();
    const worker = WorkerActor.options({ maxPendingCalls: 2 }).remote();
    const refs = [worker.wait.remote(signal), worker.note.remote(1)];
    expect(() => worker.note.remote(2)).toThrow(/already has 2 calls pending/);
    await get(signal.open.remote());
    await get(refs as never);
    expect(await get(worker.note.remote(3))).toBe(3);
  });
});

describe("cancel()", () => {
  test("drops a call that waits, and no other", async () => {
    const signal = SignalActor.remote();
    const worker = WorkerActor.remote();
    // From then on calls and cancellations go the same way.
    await get(worker.__ready__.remote());
    await get(signal.note.remote("ready"));
    const first = worker.wait.remote(signal);
    const dropped = worker.note.remote("dropped");
    const kept = worker.note.remote("kept");
    await get(signal.arrived.remote(2));
    cancel(dropped);
    const error = await failureOf(dropped);
    expect(error["code"]).toBe("TASK_CANCELLED");
    expect(error.message).toMatch(/Worker\.note/);
    await get(signal.open.remote());
    await get([first, kept] as never);
    expect(await get(worker.all.remote())).toEqual(["waited", "kept"]);
  });

  test("drops a call before its actor lives, and one that waits for its argument", async () => {
    const signal = SignalActor.remote();
    const pending = remote(async (to: SignalHandle) => await get(to.pass.remote("argument"))).remote(signal);
    const worker = WorkerActor.remote();
    const early = worker.note.remote("early");
    const held = worker.note.remote(pending);
    const after = worker.note.remote("after");
    cancel(early);
    expect((await failureOf(early))["code"]).toBe("TASK_CANCELLED");
    await get(signal.arrived.remote(1));
    cancel(held);
    expect((await failureOf(held))["code"]).toBe("TASK_CANCELLED");
    // Nothing is left to wait for: the argument never comes, and what was behind it runs.
    expect(await get(after)).toBe(1);
    expect(await get(worker.all.remote())).toEqual(["after"]);
    await get(signal.open.remote());
  });

  test("signals a call that runs; the actor goes on when it has ended", async () => {
    const signal = SignalActor.remote();
    const worker = WorkerActor.remote();
    const running = worker.untilCancelled.remote(signal);
    await get(signal.arrived.remote(1));
    cancel(running);
    expect((await failureOf(running as never))["code"]).toBe("TASK_CANCELLED");
    expect(await get(worker.all.remote())).toEqual(["cancelled"]);
  });

  test("ends a generator", async () => {
    const worker = WorkerActor.remote();
    const stream = worker.endless.remote();
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    cancel(stream.completed());
    await failureOf(stream.completed());
    expect(await get(worker.all.remote())).toEqual([]);
  });

  test("with force is refused: it would end the actor", () => {
    const worker = WorkerActor.remote();
    const ref = worker.note.remote(1);
    expect(() => cancel(ref, { force: true })).toThrow(RangeError);
  });

  test("of a caller reaches the calls that it has made", async () => {
    const signal = SignalActor.remote();
    const worker = WorkerActor.remote();
    const caller = remote(async (to: typeof worker, signal: SignalHandle) => await get(to.untilCancelled.remote(signal) as never)).remote(
      worker,
      signal,
    );
    await get(signal.arrived.remote(1));
    cancel(caller);
    expect((await failureOf(caller as never))["code"]).toBe("TASK_CANCELLED");
    expect(await get(worker.all.remote())).toEqual(["cancelled"]);
  });
});

describe("timeoutMs", () => {
  test("ends a call, stated at the call or in the class", async () => {
    const signal = SignalActor.remote();
    const worker = WorkerActor.remote();
    await get(worker.__ready__.remote());
    expect((await failureOf(worker.untilCancelled.options({ timeoutMs: 500 }).remote(signal) as never))["reason"]).toBe("timeout");
    expect((await failureOf(worker.bounded.remote() as never))["reason"]).toBe("timeout");
    expect(await get(worker.all.remote())).toEqual(["cancelled", "TimeoutError"]);
  });
});
