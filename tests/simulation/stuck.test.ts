import { describe, expect, test } from "bun:test";
import { ObjectRef } from "../../runtime/caller/mod.ts";
import { type SimulatedFunction, Simulation } from "../../simulation/mod.ts";
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

const large: SimulatedFunction =
  ({ sleep }) =>
  async (byte: unknown) => {
    await sleep(50);
    return new Uint8Array(200_000).fill(byte as number);
  };
const sum: SimulatedFunction =
  () =>
  (...parts: unknown[]) =>
    (parts as Uint8Array[]).reduce((total, [first]) => total + (first ?? 0), 0);

describe("a task that waits for an argument that is gone", () => {
  test("leaves room on its node for what makes the argument again", async () => {
    const simulation = new Simulation({ seed: 1, functions: new Map(Object.entries({ large, sum })) });
    const scenario = async (): Promise<unknown> => {
      const nodes = await simulation.joinAll(2, { resources: { CPU: 1 } });
      const driver = await simulation.drive();
      const made = [1, 2].map((byte) => new ObjectRef(driver.submit("large", [byte])));
      // One on each node; and nobody is told that the second is gone.
      await simulation.sleep(700);
      nodes[1]?.crash({ silently: true });
      return await driver.run("sum", made, { maxRetries: 0 });
    };
    expect(await simulation.run(scenario, { untilMs: 30_000 })).toBe(3);
  });
});
