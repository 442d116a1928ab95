import { describe, expect, test } from "bun:test";
import { ChaosFailure, chaos, drawPlan, type FaultPlan, SeededRandom } from "../../simulation/mod.ts";
import { rejection } from "../rejection.ts";

/** The other runtime runs the same events: determinism.test.ts sees to that. */
const SEEDS = "Deno" in globalThis ? 100 : 1_000;
const AT_LEAST_TIMES_REAL_TIME = 100;
/** Later ones that showed what the first did not; and those that did so before other drivers came and died. */
const TELLING = [1713, 3125, 7736, 9334];
const TELLING_ALONE = [2011, 2030, 2096, 2185, 2717, 3113, 3390, 4012, 4451, 6479, 6613, 7385, 8141, 8269, 8914];

describe("while nodes, threads and links fail", () => {
  test(`${SEEDS} seeds give right results or honest errors, nothing runs too often, and nothing is left`, async () => {
    const before = process.cpuUsage();
    const failures: string[] = [];
    let [virtualMs, faults, right] = [0, 0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        const figures = await chaos({ seed });
        virtualMs += figures.virtualMs;
        faults += figures.faults.length;
        right += figures.results.get("right") ?? 0;
      } catch (error) {
        failures.push(String(error));
      }
    }
    expect(failures.slice(0, 3)).toEqual([]);
    // It is no test of a quiet world, nor of one in which all fails.
    expect(faults).toBeGreaterThan(SEEDS);
    expect(right).toBeGreaterThan(SEEDS * 30);
    // By CPU time: the machine may have other things to do.
    const { user, system } = process.cpuUsage(before);
    expect(virtualMs / ((user + system) / 1_000)).toBeGreaterThan(AT_LEAST_TIMES_REAL_TIME);
  }, 600_000);

  test("so do those that have found mistakes before", async () => {
    // Before messages between threads could be late, and tasks gave refs to what they had put.
    const planOf = (seed: number): FaultPlan => ({ ...drawPlan(SeededRandom.of(seed, "plan")), threadStallMs: 0, parcels: 0 });
    for (const seed of TELLING) expect((await chaos({ seed, plan: planOf(seed) })).events).toBeGreaterThan(0);
    for (const seed of TELLING_ALONE) {
      const plan = planOf(seed);
      const faults = plan.faults.filter(({ fault }) => fault.kind !== "visit");
      expect((await chaos({ seed, plan: { ...plan, faults } })).events).toBeGreaterThan(0);
    }
  }, 60_000);

  test("a seed is the same run again, event by event", async () => {
    for (const seed of [2, 10, 213]) {
      const [first, again] = [await chaos({ seed }), await chaos({ seed })];
      expect([again.trace, again.events, again.faults]).toEqual([first.trace, first.events, first.faults]);
    }
  });

  test("a result that must not be is told with its seed and the way to see it again", async () => {
    // A cluster that has lost what it cannot lose: nodes without CPUs, so that nothing ends.
    const plan = { ...drawPlan(SeededRandom.of(1, "plan")), cpusPerNode: 0 };
    const error = await rejection(chaos({ seed: 1, plan }));
    expect(error).toBeInstanceOf(ChaosFailure);
    expect(String(error)).toContain("not ended: ");
    expect(String(error)).toContain("bun run simulate --chaos --seed 1");
  });
});
