import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type ActorHandle,
  availableResources,
  cancel,
  clusterResources,
  get,
  init,
  type ObjectRef,
  remote,
  shutdown,
  TaskCancelledError,
  wait,
} from "../../mod.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 3, resources: { token: 2, tiny: 1 }, logToDriver: false }));
afterAll(() => shutdown());

/** Notes when it begins and when it ends. */
const span = remote(async (to: ActorHandle<Gate>, label: string) => {
  await get(to.note.remote(`+${label}`));
  await get(to.note.remote(`-${label}`));
});

/** The same without waiting for anybody: it keeps its CPU. */
const busy = remote((ms: number): [number, number] => {
  const began = performance.timeOrigin + performance.now();
  while (performance.timeOrigin + performance.now() - began < ms);
  return [began, performance.timeOrigin + performance.now()];
});

/** How many of the spans overlap at most. */
function overlap(spans: readonly [number, number][]): number {
  const events = spans.flatMap(([began, ended]) => [[began, 1] as const, [ended, -1] as const]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let running = 0;
  let most = 0;
  for (const [, step] of events) {
    running += step;
    most = Math.max(most, running);
  }
  return most;
}

async function untilAllFree(): Promise<void> {
  const total = await clusterResources();
  for (;;) {
    const free = await availableResources();
    if (Object.entries(total).every(([name, amount]) => free[name] === amount)) return;
  }
}

describe("resources", () => {
  test("custom resources bound how many run at a time, waiting or not", async () => {
    const gate = GateActor.remote();
    const refs = Array.from({ length: 12 }, (_, i) => span.options({ resources: { token: 1 }, numCpus: 0 }).remote(gate, `${i}`));
    await get(refs);
    let running = 0;
    for (const note of await get(gate.read.remote())) {
      running += note.startsWith("+") ? 1 : -1;
      expect(running).toBeLessThanOrEqual(2);
    }
    expect(running).toBe(0);
  });

  test("never more run at once than fit, whatever they ask for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ cpus: fc.constantFrom(0.5, 1, 1.5, 2, 3), ms: fc.integer({ min: 0, max: 8 }) }), {
          minLength: 1,
          maxLength: 25,
        }),
        async (asked) => {
          const spans = await get(asked.map(({ cpus, ms }) => busy.options({ numCpus: cpus }).remote(ms)));
          const events = spans
            .flatMap(([began, ended], i) => [[began, asked[i]?.cpus ?? 0] as const, [ended, -(asked[i]?.cpus ?? 0)] as const])
            .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
          let used = 0;
          for (const [, step] of events) {
            used += step;
            expect(used).toBeLessThanOrEqual(3);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test("fractions count in steps of 0.0001", async () => {
    const sliver = busy.options({ numCpus: 0, resources: { tiny: 0.3334 } });
    expect(overlap(await get(Array.from({ length: 8 }, () => sliver.remote(5))))).toBeLessThanOrEqual(2);
    const third = busy.options({ numCpus: 0, resources: { tiny: 0.3333 } });
    expect(overlap(await get(Array.from({ length: 8 }, () => third.remote(5))))).toBeLessThanOrEqual(3);
    expect(await get(busy.options({ numCpus: 0.0001 }).remote(0))).toHaveLength(2);
  });

  test("a task of no CPU runs while all CPUs are taken", async () => {
    const gate = GateActor.remote();
    const holds = remote(async (to: ActorHandle<Gate>) => {
      await get(to.pass.remote());
    });
    const taken = holds.options({ numCpus: 3, resources: { token: 2 } }).remote(gate);
    await get(gate.arrived.remote(1));
    expect(await get(busy.options({ numCpus: 0 }).remote(0))).toHaveLength(2);
    await get(gate.open.remote());
    await get(taken);
  });

  test("what cannot be had keeps its task pending, and others go on", async () => {
    const never = busy.options({ resources: { unicorn: 1 } }).remote(0);
    expect(await get(busy.remote(0))).toHaveLength(2);
    expect(await wait([never], { timeoutMs: 50 })).toEqual([[], [never]]);
    cancel(never);
    await expect(get(never)).rejects.toBeInstanceOf(TaskCancelledError);
  });

  test("idle leases go back, so that others can have what they hold", async () => {
    const wide = busy.options({ numCpus: 3 });
    const narrow = busy.options({ numCpus: 1, resources: { token: 1 } });
    for (let i = 0; i < 20; i++) {
      await get(narrow.remote(0));
      await get(wide.remote(0));
      await get([busy.remote(0), busy.remote(0)]);
    }
  });

  test("a lease that is called back while its task waits for another class holds up nobody", async () => {
    const gate = GateActor.remote();
    const child = remote(() => "child", { numCpus: 3 });
    const parent = remote(async (to: ActorHandle<Gate>) => {
      await get(to.pass.remote());
      return await get(child.remote());
    });
    const refs: ObjectRef<string>[] = [];
    for (let i = 0; i < 3; i++) refs.push(parent.remote(gate));
    await get(gate.arrived.remote(3));
    await get(busy.options({ numCpus: 3 }).remote(0));
    await get(gate.open.remote());
    expect(await get(refs)).toEqual(["child", "child", "child"]);
  });

  test("everything is free again once nothing runs", async () => {
    await get(Array.from({ length: 50 }, (_, i) => busy.options({ numCpus: (i % 3) + 0.5 }).remote(0)));
    await untilAllFree();
  });
});
