import { describe, expect, test } from "bun:test";
import { RETURN_MS } from "../../actors/cluster/returning.ts";
import { type ActorRecord, type Entry, fetchOutcome } from "../../runtime/caller/mod.ts";
import { HEAD_NUMBERS } from "../../runtime/kernel/mod.ts";
import { LEASE_MS, SeededRandom, SimulatedDisk, type SimulatedPlace, Simulation, type Span } from "../../simulation/mod.ts";
import { workers } from "./cluster.ts";

type Scenario = (simulation: Simulation, driver: SimulatedPlace, ran: Map<unknown, string[]>, disk: SimulatedDisk) => Promise<void>;

/** Runs `scenario` on nodes whose head another can follow; all must be at rest when it has ended. Returns the trace. */
async function cluster(scenario: Scenario, { seed = 1, latencyMs = [0.5, 5] }: { seed?: number; latencyMs?: Span } = {}): Promise<string> {
  const { functions, ran } = workers();
  const disk = new SimulatedDisk({ random: SeededRandom.of(seed, "disk"), latencyMs });
  const simulation = new Simulation({ seed, functions, disk, returns: true });
  await simulation.run(
    async () => {
      await simulation.joinAll(4, { resources: { CPU: 2 } });
      const driver = await simulation.drive();
      await scenario(simulation, driver, ran, disk);
      await simulation.sleep(15_000);
      expect(await simulation.unrest()).toEqual([]);
      expect(simulation.ended.filter(({ node }) => node < HEAD_NUMBERS.from)).toEqual([]);
    },
    { untilMs: 120_000 },
  );
  return simulation.time.trace.hash;
}

const crash: Scenario = async (simulation, driver, ran) => {
  const counter = driver.create("Counter", [], { name: "counter" });
  expect(await driver.call(counter, "add", [1])).toBe(1);
  const long = Array.from({ length: 6 }, (_, index) => driver.run("work", [1_500, index], { maxRetries: 0 }));
  await simulation.sleep(300);
  const back = simulation.crashHead({ restartAfterMs: 4_000 });
  // What needs no head goes on.
  const calls = [2, 3, 4].map((by) => driver.call(counter, "add", [by]));
  const begun = simulation.time.elapsed;
  expect(await Promise.all(calls)).toEqual([3, 6, 10]);
  expect(await Promise.all(long)).toEqual(Array.from({ length: 6 }, (_, index) => index));
  expect(simulation.time.elapsed - begun).toBeLessThan(3_500);
  // What needs one waits.
  const later = driver.create("Counter", [], { numCpus: 1 });
  const [first, found, group] = [driver.call(later, "add", [7]), driver.find("counter"), driver.group([{ CPU: 1 }, { CPU: 1 }], "SPREAD")];
  await back;
  expect(await first).toBe(7);
  expect(await driver.call(await found, "add", [0])).toBe(10);
  await (await group).remove();
  expect([...ran.values()].every(({ length }) => length === 1)).toBe(true);
  for (const record of [counter, later, await found]) record.letGo();
};

const parted: Scenario = async (simulation, driver, _ran, disk) => {
  const counter = driver.create("Counter", [], { name: "counter", numCpus: 1, maxRestarts: 3 });
  expect(await driver.call(counter, "add", [1])).toBe(1);
  const before = simulation.head;
  disk.part();
  const later = driver.create("Counter", [], { numCpus: 1 });
  const called = driver.call(later, "add", [7]);
  await simulation.sleep(LEASE_MS + simulation.random.between(0, 1_000));
  simulation.replaceHead();
  await simulation.sleep(RETURN_MS + PATIENCE_MS);
  expect(await called).toBe(7);
  expect(await driver.call(counter, "add", [1])).toBe(2);
  expect(before.alive).toBe(false);
  for (const record of [counter, later]) record.letGo();
};

/** Calls that the head was to pass on, and that nobody wants any more when it dies: their numbers never come. */
const givenUp: Scenario = async (simulation, driver) => {
  const call = (record: ActorRecord, by: number): Entry => driver.caller.submitCall(record, "add", [by]).entries[0] as Entry;
  const waiting = driver.create("Counter", [], { numCpus: 4 });
  const calls = [1, 2, 4, 8].map((by) => call(waiting, by));
  const [all, others] = [driver.create("Counter", [], { numCpus: 4 }), [call(waiting, 16)]];
  const allGivenUp = [1, 2].map((by) => call(all, by));
  await simulation.sleep(200);
  for (const entry of [calls[0] as Entry, calls[2] as Entry, ...allGivenUp]) driver.caller.cancel(entry, { force: false, recursive: true });
  await simulation.crashHead({ restartAfterMs: 1_000 });
  await simulation.joinAll(2, { resources: { CPU: 4 } });
  const results = [calls[1] as Entry, calls[3] as Entry, ...others].map((entry) => fetchOutcome(entry, driver.caller.objects));
  expect(await Promise.all(results)).toEqual([2, 10, 26]);
  expect(await driver.call(all, "add", [5])).toBe(5);
  for (const record of [waiting, all]) record.letGo();
};

/** After that all that wait for the disk have been refused. Milliseconds. */
const PATIENCE_MS = 10_000;

describe("a head that dies and comes back", () => {
  test("takes nothing along: what runs ends, once, actors go on, and what needs a head waits", async () => {
    for (let seed = 1; seed <= 20; seed++) await cluster(crash, { seed });
  });

  test("leaves nobody waiting for calls that were given up on their way", async () => {
    for (let seed = 1; seed <= 10; seed++) await cluster(givenUp, { seed });
  });

  test("may do so twice, and while its disk is slow", async () => {
    await cluster(
      async (simulation, driver) => {
        const counter = driver.create("Counter", [], { name: "counter" });
        expect(await driver.call(counter, "add", [1])).toBe(1);
        for (const [round, restartAfterMs] of [1_000, 6_000].entries()) {
          await simulation.crashHead({ restartAfterMs, silently: round === 0 });
          expect(await driver.call(counter, "add", [1])).toBe(round + 2);
          const found = await driver.find("counter");
          expect(await driver.call(found, "add", [0])).toBe(round + 2);
          found.letGo();
        }
        counter.letGo();
      },
      { latencyMs: [50, 400] },
    );
  });

  test("or that has lost its disk alone: nodes leave it for the next before that gives them up, and it ends", async () => {
    for (let seed = 1; seed <= 10; seed++) await cluster(parted, { seed });
  });

  test("is the same run again from the same seed", async () => {
    expect(await cluster(crash, { seed: 7 })).toBe(await cluster(crash, { seed: 7 }));
  });
});
