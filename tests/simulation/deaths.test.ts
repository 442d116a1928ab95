import { describe, expect, test } from "bun:test";
import { throughput } from "../../simulation/mod.ts";

const base = { nodes: 8, tasks: 1_200, seed: 5, taskOptions: { maxRetries: -1 } };

describe("while tasks run", () => {
  test("a node that crashes loses nothing: what it had runs elsewhere", async () => {
    const figures = await throughput({
      ...base,
      async meanwhile(simulation, nodes) {
        await simulation.sleep(700);
        nodes[2]?.crash();
      },
    });
    expect(figures.runs).toBeGreaterThan(1_200);
    expect(figures.unrest).toEqual([]);
  });

  test("a machine that falls silent is declared dead, and what it had runs elsewhere", async () => {
    const figures = await throughput({
      ...base,
      async meanwhile(simulation, nodes) {
        await simulation.sleep(300);
        nodes[5]?.crash({ silently: true });
      },
    });
    expect(figures.virtualMs).toBeGreaterThan(5_000);
    expect(figures.unrest).toEqual([]);
  });

  test("workers that crash, nodes that join and nodes that leave cost no result", async () => {
    const figures = await throughput({
      ...base,
      async meanwhile(simulation, nodes) {
        for (let round = 0; round < 6; round++) {
          await simulation.sleep(200);
          const node = nodes[simulation.random.below(4)];
          const worker = node?.workers[0];
          if (worker !== undefined) node?.crashWorker(worker);
          if (round === 2) await simulation.join({ resources: { CPU: 4 } });
          if (round === 3) await nodes[7]?.leave();
        }
      },
    });
    expect(figures.unrest).toEqual([]);
  });
});
