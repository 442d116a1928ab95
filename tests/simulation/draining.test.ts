import { expect, test } from "bun:test";
import type { ClusterContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, HEAD_PLACE, nodeOf, remoteContract } from "../../runtime/kernel/mod.ts";
import { type SimulatedFunction, Simulation } from "../../simulation/mod.ts";

test("a task that is on its way to a worker when its node is drained runs once, elsewhere, also when that node has left", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let draining = false;
    const long: string[] = [];
    const work: SimulatedFunction =
      ({ sleep, nodeId }) =>
      async () => {
        if (!draining) return false;
        long.push(nodeId);
        await sleep(6_000);
        return true;
      };
    const simulation = new Simulation({ seed, functions: new Map([["work", work]]) });
    await simulation.run(
      async () => {
        const leaving = await simulation.join({ resources: { CPU: 1 }, labels: { zone: "leaving" } });
        await simulation.join({ resources: { CPU: 1 }, labels: { zone: "staying" } });
        const driver = await simulation.drive();
        const there = { labelSelector: { zone: "leaving" }, fallbackStrategy: [{ labelSelector: { zone: "staying" } }], maxRetries: 0 };
        const cluster = remoteContract<ClusterContract>(driver.kernel, HEAD_PLACE, ActorNumber.cluster);
        void simulation.sleep(200 + seed / 10).then(() => {
          draining = true;
          return cluster.drain(leaving.nodeId, { reason: "maintenance" });
        });
        // One after the other, each pushed straight to the worker.
        while ((await driver.run("work", [], there)) !== true);
        await leaving.gone;
        expect([seed, long.length]).toEqual([seed, 1]);
      },
      { untilMs: 120_000 },
    );
  }
});

test("the last result of a node that is drained comes, however slow the way: the node leaves after it", async () => {
  const work: SimulatedFunction =
    ({ sleep }) =>
    async () => {
      await sleep(5_000);
      return "done";
    };
  const simulation = new Simulation({ seed: 1, functions: new Map([["work", work]]) });
  await simulation.run(
    async () => {
      const leaving = await simulation.join({ resources: { CPU: 1 } });
      const driver = await simulation.drive();
      const result = driver.run("work", [], { maxRetries: 0 });
      await simulation.sleep(1_000);
      simulation.network.delay(leaving.node, nodeOf(driver.kernel.place), 2_000);
      await remoteContract<ClusterContract>(driver.kernel, HEAD_PLACE, ActorNumber.cluster).drain(leaving.nodeId, { reason: "maintenance" });
      expect(await result).toBe("done");
      await leaving.gone;
    },
    { untilMs: 120_000 },
  );
});
