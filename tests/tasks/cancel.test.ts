import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, cancel, get, getRuntimeContext, init, type ObjectRef, put, remote, shutdown, TaskCancelledError } from "../../mod.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2, resources: { token: 1 } }));
afterAll(() => shutdown());

const identity = remote((x: number) => x);

const noted = remote(async (text: string, to: ActorHandle<Gate>) => {
  await get(to.note.remote(text));
  return text;
});

/** Runs until it is cancelled, and notes that it was. */
const obedient = remote(async (to: ActorHandle<Gate>, _given?: Uint8Array): Promise<string> => {
  const { signal } = getRuntimeContext();
  // The note has arrived when the test goes on; its answer may be on its way still, and is cancelled with this task then.
  await get(to.note.remote("started")).catch(() => {});
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await get(to.note.remote(`cancelled ${getRuntimeContext().isCanceled()}`));
  return "too late";
});

/** Holds its resources until the gate opens. */
const holder = remote(
  async (to: ActorHandle<Gate>) => {
    await get(to.pass.remote());
  },
  { resources: { token: 1 } },
);

async function refusal(ref: ObjectRef<unknown>): Promise<TaskCancelledError> {
  const error = await get(ref).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TaskCancelledError);
  return error as TaskCancelledError;
}

describe("cancel", () => {
  test("a task that has not left the driver is dropped", async () => {
    const gate = GateActor.remote();
    const refs = Array.from({ length: 20 }, (_, i) => noted.remote(`${i}`, gate));
    for (const ref of refs.slice(0, 19)) cancel(ref);
    for (const ref of refs.slice(0, 19)) await refusal(ref);
    expect(await get(refs[19] as ObjectRef<string>)).toBe("19");
    expect(await get(gate.read.remote())).toEqual(["19"]);
  });

  test("tasks of a batch, and single ones at the scheduler, are dropped while they wait", async () => {
    const gate = GateActor.remote();
    const notes = GateActor.remote();
    const held = holder.remote(gate);
    await get(gate.arrived.remote(1));
    const waiting = noted.options({ resources: { token: 1 } });
    const batch = Array.from({ length: 20 }, (_, i) => waiting.remote(`batch ${i}`, notes));
    await get(identity.remote(0));
    const single = waiting.remote("single", notes);
    const pending = noted.options({ resources: { token: 1 } }).remote(waiting.remote("argument", notes), notes);
    await get(identity.remote(0));
    const kept = waiting.remote("kept", notes);
    for (const ref of [...batch, single, pending]) cancel(ref);
    for (const ref of [...batch, single, pending]) await refusal(ref);
    await get(gate.open.remote());
    await get([held, kept]);
    expect((await get(notes.read.remote())).sort()).toEqual(["argument", "kept"]);
  });

  test("a running task hears of it through its signal, and get does not wait for it", async () => {
    const gate = GateActor.remote();
    const ref = obedient.options({ name: "obedient" }).remote(gate);
    await get(gate.arrived.remote(1));
    cancel(ref);
    const error = await refusal(ref);
    expect(error.message).toContain("obedient");
    await get(gate.arrived.remote(2));
    expect(await get(gate.read.remote())).toEqual(["started", "cancelled true"]);
  });

  test("so does one whose large argument was there before it", async () => {
    const gate = GateActor.remote();
    const ref = obedient.remote(gate, put(new Uint8Array(1_000_000)));
    await get(gate.arrived.remote(1));
    cancel(ref);
    await refusal(ref);
    await get(gate.arrived.remote(2));
    expect(await get(gate.read.remote())).toEqual(["started", "cancelled true"]);
  });

  test("what a task submitted is cancelled with it, unless told otherwise", async () => {
    const gate = GateActor.remote();
    const parent = remote(async (to: ActorHandle<Gate>) => await get(obedient.remote(to)));
    const ref = parent.remote(gate);
    await get(gate.arrived.remote(1));
    cancel(ref);
    await refusal(ref);
    await get(gate.arrived.remote(2));
    expect(await get(gate.read.remote())).toEqual(["started", "cancelled true"]);

    const other = GateActor.remote();
    const passing = remote(async (to: ActorHandle<Gate>) => {
      await get(to.pass.remote());
      await get(to.note.remote("done"));
    });
    const starts = remote(async (to: ActorHandle<Gate>) => await get(passing.remote(to)));
    const started = starts.remote(other);
    await get(other.arrived.remote(1));
    cancel(started, { recursive: false });
    await refusal(started);
    await get(other.open.remote());
    await get(other.arrived.remote(2));
    expect(await get(other.read.remote())).toEqual(["done"]);
  });

  test("with force a worker that does not listen is replaced, and others go on", async () => {
    const gate = GateActor.remote();
    const deaf = remote(async (to: ActorHandle<Gate>) => {
      await get(to.note.remote(getRuntimeContext().workerId));
      await new Promise(() => {});
    });
    const other = holder.remote(gate);
    await get(gate.arrived.remote(1));
    const ref = deaf.remote(gate);
    await get(gate.arrived.remote(2));
    cancel(ref, { force: true });
    await refusal(ref);
    const [worker] = await get(gate.read.remote());
    const where = remote(() => getRuntimeContext().workerId, { numCpus: 1 });
    const seen = new Set(await get(Array.from({ length: 40 }, () => where.remote())));
    expect(seen.has(worker as string)).toBe(false);
    await get(gate.open.remote());
    await get(other);
  });

  test("with force costs no other task that was to run at the same worker, not even one that must not run twice", async () => {
    const once = remote(
      async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return n;
      },
      { resources: { token: 1 }, maxRetries: 0 },
    );
    for (let round = 0; round < 12; round++) {
      await get(once.remote(0));
      const refs = [0, 1, 2].map((n) => once.remote(n));
      await new Promise((resolve) => setTimeout(resolve, (round % 4) * 6));
      const at = round % 3;
      cancel(refs[at] as ObjectRef<number>, { force: true });
      const ends = await Promise.all(refs.map((ref) => get(ref).catch((error: { code: string }) => error.code)));
      // It may have been done before.
      expect(ends).toEqual([0, 1, 2].map((n) => (n === at ? expect.anything() : n)));
      expect(ends[at] === at || ends[at] === "TASK_CANCELLED").toBe(true);
    }
  });

  test("with force the children of a task end as well", async () => {
    const gate = GateActor.remote();
    const parent = remote(async (to: ActorHandle<Gate>) => {
      obedient.remote(to);
      await new Promise(() => {});
    });
    const ref = parent.remote(gate);
    await get(gate.arrived.remote(1));
    cancel(ref, { force: true });
    await refusal(ref);
    await get(gate.arrived.remote(2));
    expect(await get(gate.read.remote())).toEqual(["started", "cancelled true"]);
  });

  test("a task that has ended stays as it is; cancelling twice is once", async () => {
    const ref = identity.remote(5);
    await get(ref);
    cancel(ref);
    cancel(ref, { force: true });
    expect(await get(ref)).toBe(5);
    const gate = GateActor.remote();
    const running = obedient.remote(gate);
    await get(gate.arrived.remote(1));
    cancel(running);
    cancel(running);
    await refusal(running);
  });

  test("a cancelled task is never tried again, and what depends on it is cancelled", async () => {
    const gate = GateActor.remote();
    const throws = remote(
      async (to: ActorHandle<Gate>): Promise<number> => {
        const { signal } = getRuntimeContext();
        await get(to.note.remote("run"));
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw new Error("stopped");
      },
      { retryExceptions: true },
    );
    const ref = throws.remote(gate);
    const after = identity.remote(ref);
    await get(gate.arrived.remote(1));
    cancel(ref);
    await refusal(ref);
    await refusal(after);
    for (let i = 0; i < 20; i++) await get(identity.remote(i));
    expect(await get(gate.read.remote())).toEqual(["run"]);
  });

  test("a task cancelled while its function is on its way does not run", async () => {
    const gate = GateActor.remote();
    // Each function is new to its worker: it has to be fetched first.
    for (let i = 0; i < 10; i++) {
      const fresh = remote(async (to: ActorHandle<Gate>) => await get(to.note.remote("ran")), {
        captures: { salt: i },
      });
      const ref = fresh.remote(gate);
      await Promise.resolve();
      await Promise.resolve();
      cancel(ref);
      await refusal(ref);
    }
    await get(Array.from({ length: 20 }, (_, i) => identity.remote(i)));
  });
});

describe("timeoutMs", () => {
  test("a task that takes longer fails with the reason, and its worker is free for others", async () => {
    const forever = remote(
      async () => {
        await new Promise(() => {});
      },
      { timeoutMs: 150, name: "forever" },
    );
    const error = await refusal(forever.remote());
    expect(error.reason).toBe("timeout");
    expect(error.message).toContain("150");
    expect(await get(identity.options({ numCpus: 2 }).remote(1))).toBe(1);
  });

  test("a task that is done in time is not touched", async () => {
    const quick = identity.options({ timeoutMs: 5_000 });
    expect(await get(Array.from({ length: 20 }, (_, i) => quick.remote(i)))).toHaveLength(20);
  });
});
