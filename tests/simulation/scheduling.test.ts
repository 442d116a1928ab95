import { describe, expect, test } from "bun:test";
import { nodeIdOf, type SimulatedPlace, Simulation, throughput } from "../../simulation/mod.ts";
import { countBy, workers } from "./cluster.ts";

/** Runs `scenario` with as many nodes; all must be at rest when it has ended. */
async function cluster(
  nodes: number,
  scenario: (simulation: Simulation, driver: SimulatedPlace, ran: Map<unknown, string[]>) => Promise<void>,
): Promise<void> {
  const { functions, ran } = workers();
  const simulation = new Simulation({ seed: 3, functions });
  await simulation.run(
    async () => {
      await simulation.joinAll(nodes, (index) => ({ resources: { CPU: 4 }, labels: { zone: index % 2 === 0 ? "even" : "odd" } }));
      const driver = await simulation.drive();
      await simulation.sleep(100);
      await scenario(simulation, driver, ran);
      await simulation.sleep(3_000);
      expect(await simulation.unrest()).toEqual([]);
    },
    { untilMs: 120_000 },
  );
}

const places = (ran: Map<unknown, string[]>): string[] => [...ran.values()].flat();

describe("twenty nodes", () => {
  test("share tasks of random lengths so that their CPUs are busy, each once", async () => {
    const figures = await throughput({ nodes: 20, tasks: 4_000, seed: 11, taskMs: [1, 200] });
    expect(figures.runs).toBe(4_000);
    expect(figures.ran.size).toBe(20);
    expect(figures.utilisation).toBeGreaterThan(0.85);
    expect(figures.unrest).toEqual([]);
  });

  test("run tasks that submit tasks and wait for them", async () => {
    await cluster(20, async (_simulation, driver) => {
      expect(await driver.run("tree", [7])).toBe(128);
    });
  });
});

describe("where tasks run", () => {
  test("SPREAD gives every node as many", async () => {
    await cluster(10, async (_simulation, driver, ran) => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => driver.run("work", [50, index], { schedulingStrategy: "SPREAD" })));
      expect([...countBy(places(ran)).values()]).toEqual(Array.from({ length: 10 }, () => 2));
    });
  });

  test("a named node gets what names it, and no other", async () => {
    await cluster(5, async (_simulation, driver, ran) => {
      const options = { schedulingStrategy: { nodeId: nodeIdOf(4) } };
      await Promise.all(Array.from({ length: 12 }, (_, index) => driver.run("work", [20, index], options)));
      expect(countBy(places(ran))).toEqual(new Map([[nodeIdOf(4), 12]]));
    });
  });

  test("labels choose among nodes", async () => {
    await cluster(6, async (simulation, driver, ran) => {
      await Promise.all(Array.from({ length: 24 }, (_, index) => driver.run("work", [20, index], { labelSelector: { zone: "odd" } })));
      const status = await simulation.status();
      const odd = status.nodes.filter(({ labels }) => (labels as Record<string, string>)["zone"] === "odd").map(({ nodeId }) => nodeId);
      expect(odd.length).toBe(3);
      expect([...new Set(places(ran))].sort()).toEqual(odd.sort() as string[]);
    });
  });
});

describe("actors and placement groups", () => {
  test("actors live on all nodes and keep what they count", async () => {
    await cluster(6, async (_simulation, driver) => {
      const counters = Array.from({ length: 24 }, () => driver.create("Counter", [], { numCpus: 1 }));
      for (let round = 1; round <= 3; round++) {
        expect(await Promise.all(counters.map((counter) => driver.call(counter, "add", [1])))).toEqual(counters.map(() => round));
      }
      const where = (await Promise.all(counters.map((counter) => driver.call(counter, "where", [])))) as string[];
      expect([...countBy(where).values()]).toEqual([4, 4, 4, 4, 4, 4]);
      for (const counter of counters) counter.letGo();
    });
  });

  test("a STRICT_SPREAD group has each bundle on a node of its own, and is gone when it is removed", async () => {
    await cluster(5, async (_simulation, driver, ran) => {
      const group = await driver.group([{ CPU: 2 }, { CPU: 2 }, { CPU: 2 }, { CPU: 2 }], "STRICT_SPREAD");
      const run = (index: number): Promise<unknown> =>
        driver.run("work", [10, index], { schedulingStrategy: { placementGroup: { id: group.id }, bundleIndex: index } });
      await Promise.all([0, 1, 2, 3].map(run));
      expect(new Set(places(ran)).size).toBe(4);
      await group.remove();
    });
  });
});
