import { describe, expect, test } from "bun:test";
import { Simulation } from "../../simulation/mod.ts";
import { workers } from "./cluster.ts";

/** Four of six CPUs go to actors for good while tasks come; whether all ends. */
async function ends(seed: number): Promise<boolean> {
  const simulation = new Simulation({ seed, functions: workers().functions });
  const { random } = simulation;
  const scenario = async (): Promise<void> => {
    await simulation.joinAll(3, { resources: { CPU: 2 } });
    const driver = await simulation.drive();
    await simulation.sleep(100);
    const waiting: Promise<unknown>[] = [];
    for (let round = 0; round < 4; round++) {
      const actor = driver.create("Counter", [], { numCpus: 1 });
      waiting.push(driver.call(actor, "add", [1]));
      await simulation.sleep(random.between(0, 3));
      for (let task = 0; task < 2; task++) waiting.push(driver.run("work", [random.between(1, 30), task]));
      await simulation.sleep(random.between(0, 30));
    }
    await Promise.all(waiting);
  };
  return await simulation.run(scenario, { untilMs: 20_000 }).then(
    () => true,
    () => false,
  );
}

describe("a task that went on to another node", () => {
  test("goes elsewhere when actors take that node's CPUs for good", async () => {
    const stuck: number[] = [];
    for (let seed = 1; seed <= 60; seed++) if (!(await ends(seed))) stuck.push(seed);
    expect(stuck).toEqual([]);
  });
});
