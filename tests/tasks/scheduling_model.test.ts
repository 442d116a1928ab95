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
