import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Plan, SimulatedNode } from "./simulated_node.ts";

type Shape = { cpus: number; turns: number; children: Shape[] };

/** Tasks with children, so many levels deep. */
function shapes(levels: number): fc.Arbitrary<Shape> {
  return fc.record({
    cpus: fc.constantFrom(0, 0.5, 1, 2),
    turns: fc.integer({ min: 0, max: 2 }),
    children: levels === 0 ? fc.constant<Shape[]>([]) : fc.oneof(fc.constant<Shape[]>([]), fc.array(shapes(levels - 1), { maxLength: 10 })),
  });
}

const cases = fc.record({
  shapes: fc.array(shapes(2), { minLength: 1, maxLength: 12 }),
  cpus: fc.constantFrom(2, 3),
  workers: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
});

/** Gives every task a number. */
function plansOf(shapes: readonly Shape[]): { plans: Plan[]; count: number } {
  let count = 0;
  const plan = ({ cpus, turns, children }: Shape): Plan => ({ id: count++, cpus, turns, children: children.map(plan) });
  const plans = shapes.map(plan);
  return { plans, count };
}

/** Numbers that look random and are the same for the same seed. */
function chooser(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

describe("the scheduler, in any order of events", () => {
  test("runs every task exactly once, and has all resources back in the end", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shapes, cpus, workers, seed }) => {
        const { plans, count } = plansOf(shapes);
        const node = new SimulatedNode({ cpus, workers, choose: chooser(seed) });
        let left = plans.length;
        for (const result of node.submit(plans)) void result.then(() => left--);
        await node.run(() => left === 0 || node.faults.length > 0);
        expect(node.faults).toEqual([]);
        expect(node.ran.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        await node.run(() => node.resources.available.get("CPU") === cpus && node.resources.debt.isEmpty);
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test("runs every task exactly once while workers that the tasks before have left end", async () => {
    await fc.assert(
      fc.asyncProperty(cases, cases, fc.integer({ min: 0, max: 40 }), async ({ shapes, cpus, workers, seed }, next, steps) => {
        const first = plansOf(shapes);
        const second = plansOf(next.shapes);
        const node = new SimulatedNode({ cpus, workers: workers + cpus, choose: chooser(seed) });
        let left = 0;
        const submit = (plans: readonly Plan[]): void => {
          left += plans.length;
          for (const result of node.submit(plans)) void result.then(() => left--);
        };
        const isDone = (): boolean => left === 0 || node.faults.length > 0;
        submit(first.plans);
        await node.run(isDone);
        // Workers are asked to end 2 s after they had nothing to do any more: the next tasks come about then.
        let more = steps;
        await node.run(() => node.workers.length <= cpus || (node.nowMs >= 3_000 && more-- <= 0));
        submit(second.plans);
        await node.run(isDone);
        expect(node.faults).toEqual([]);
        expect(node.ran.length).toBe(first.count + second.count);
        await node.run(() => node.workers.length <= cpus && node.resources.available.get("CPU") === cpus && node.resources.debt.isEmpty);
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test("has nothing wait behind a task that keeps its thread, while there is another CPU", async () => {
    const step = fc.record({ kind: fc.constantFrom("one", "two", "many", "nested"), pause: fc.integer({ min: 0, max: 12 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), fc.constantFrom(2, 3), fc.integer(), async (steps, cpus, seed) => {
        const node = new SimulatedNode({ cpus, workers: cpus + 2, choose: chooser(seed) });
        let count = 0;
        let left = 0;
        const plain = (children: readonly Plan[] = []): Plan => ({ id: count++, cpus: 1, turns: 0, children });
        const submit = (...plans: Plan[]): void => {
          left += plans.length;
          for (const result of node.submit(plans)) void result.then(() => left--);
        };
        for (const { kind, pause } of steps) {
          if (kind === "one") submit(plain());
          else if (kind === "many") submit(...Array.from({ length: 6 }, () => plain()));
          else {
            // What this one waits for may come from the same owner, or from another.
            const awaited = plain();
            submit({ ...plain(), until: awaited.id });
            let more = pause;
            await node.run(() => more-- <= 0, { mayRest: true });
            submit(kind === "two" ? awaited : plain([awaited]));
          }
          await node.run(() => left === 0 || node.faults.length > 0);
          expect(node.faults).toEqual([]);
        }
        expect(node.ran.length).toBe(count);
      }),
      { numRuns: 100 },
    );
  }, 30_000);

  test("brings every task to its end although workers die", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }), async ({ shapes, cpus, workers, seed }, deaths) => {
        const { plans, count } = plansOf(shapes);
        const choose = chooser(seed);
        let steps = 0;
        const node: SimulatedNode = new SimulatedNode({
          cpus,
          workers,
          choose: (possible) => {
            const victim = deaths.includes(++steps) ? node.workers[0] : undefined;
            if (victim !== undefined) node.lose(victim, "exit");
            return choose(possible);
          },
        });
        let left = plans.length;
        for (const result of node.submit(plans)) void result.then(() => left--);
        await node.run(() => left === 0 || node.faults.length > 0);
        expect(node.faults).toEqual([]);
        expect(new Set(node.ran).size).toBe(count);
        await node.run(() => node.resources.available.get("CPU") === cpus && node.resources.debt.isEmpty);
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
