import { describe, expect, test } from "bun:test";
import { Simulation } from "../../simulation/mod.ts";
import { workers } from "./cluster.ts";

const CPUS = 2;

/** Workers that a burst has left are asked to end while some of them stand still and more tasks come. How many workers are left. */
async function workersLeft(seed: number): Promise<number> {
  const { functions, ran } = workers();
  const simulation = new Simulation({ seed, functions });
  const { random } = simulation;
  return await simulation.run(
    async () => {
      const node = await simulation.join({ resources: { CPU: CPUS } });
      const driver = await simulation.drive();
      await simulation.sleep(100);
      expect(await driver.run("tree", [4])).toBe(16);
      expect(node.workers.length).toBeGreaterThan(CPUS);
      await simulation.sleep(random.between(1_900, 3_200));
      for (const place of node.workers) if (random.between(0, 1) < 0.5) node.freezeWorker(place, random.between(50, 1_500));
      await simulation.sleep(random.between(0, 200));
      const tasks = Array.from({ length: 20 }, (_, index) => index);
      const results = tasks.map((index) => driver.run("work", [random.between(0, 20), index], { maxRetries: 0 }));
      expect(await Promise.all(results)).toEqual(tasks);
      expect(tasks.map((index) => ran.get(index)?.length)).toEqual(tasks.map(() => 1));
      await simulation.sleep(6_000);
      expect(await simulation.unrest()).toEqual([]);
      return node.workers.length;
    },
    { untilMs: 30_000 },
  );
}

describe("workers that a burst has left", () => {
  test("end, and lose no task that may run once, though some stand still when they are asked", async () => {
    const left = [];
    for (let seed = 1; seed <= 60; seed++) left.push(await workersLeft(seed));
    expect(left).toEqual(left.map(() => CPUS));
  }, 60_000);
});
