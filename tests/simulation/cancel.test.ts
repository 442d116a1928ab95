import { expect, test } from "bun:test";
import { ObjectRef } from "../../runtime/caller/mod.ts";
import { type SimulatedFunction, Simulation } from "../../simulation/mod.ts";

test("tasks of a batch that have long run on another node are cancelled there", async () => {
  const work: SimulatedFunction =
    ({ sleep }) =>
    async () => {
      await sleep(10_000);
    };
  const simulation = new Simulation({ seed: 1, functions: new Map([["work", work]]) });
  const free = await simulation.run(
    async () => {
      await simulation.join({ resources: { CPU: 12 } });
      const driver = await simulation.drive();
      const refs = Array.from({ length: 12 }, () => new ObjectRef(driver.submit("work", [])));
      await simulation.sleep(3_000);
      for (const ref of refs) driver.caller.cancel(ObjectRef.entryOf(ref), { force: true, recursive: true });
      await simulation.sleep(2_000);
      const { nodes } = await simulation.status();
      return nodes.map(({ available }) => available["CPU"]);
    },
    { untilMs: 60_000 },
  );
  expect(free).toContain(12);
});
