import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CONTRACT_SHAPES } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Envelope, HEAD_PLACE } from "../../runtime/kernel/mod.ts";
import { type SimulatedNode, Simulation } from "../../simulation/mod.ts";
import { workers } from "./cluster.ts";
import { argument } from "./hostile.ts";

/** They take no argument, and end what they are asked to end. */
const ENDS = new Set(["shutdown", "leave", "stop", "end", "drain"]);
/** They answer when something else has happened, whatever they were given. */
const WAITS = new Set(["function", "sent", "known", "adopt"]);
const NOT_METHODS = ["constructor", "valueOf", "__proto__", "toString", "__defineGetter__", "hasOwnProperty", "then", "", "receive"];
/** Longer than any question takes that has an answer. */
const PATIENCE_MS = 20_000;

async function cluster(simulation: Simulation) {
  const victim = await simulation.join({ resources: { CPU: 2 } });
  const attacker = await simulation.join({ driver: true });
  const driver = await simulation.drive();
  let runs = 0;
  /** The cluster still does what it is for. */
  const works = async () => expect(await driver.run("work", [5, ++runs])).toBe(runs);
  await works();
  return { attacker, places: [HEAD_PLACE, victim.system.kernel.place], works };
}

/** What comes of a question: "answered", the name of the error, or "nothing" within our patience. */
function ask(simulation: Simulation, attacker: SimulatedNode, [to, actor, method, args]: [number, number, string, unknown[]]): Promise<string> {
  const answer = attacker.system.kernel.ask(to, actor, method, ...args).then(
    () => "answered",
    (error: unknown) => (error as Error).name,
  );
  return Promise.race([answer, simulation.sleep(PATIENCE_MS).then(() => "nothing")]);
}

const several = fc.array(argument, { maxLength: 5 });

describe("a system actor that is sent what it can't read", () => {
  test("answers every question of every contract, and the cluster goes on", async () => {
    const simulation = new Simulation({ seed: 1, functions: workers().functions });
    let asked = 0;
    let refused = 0;
    await simulation.run(async () => {
      const { attacker, places, works } = await cluster(simulation);
      for (const [actor, methods] of Object.entries(CONTRACT_SHAPES)) {
        for (const method of [...Object.keys(methods), ...NOT_METHODS]) {
          if (ENDS.has(method)) continue;
          const outcomes = places.flatMap((to) =>
            fc.sample(several, { seed: ++asked, numRuns: 8 }).map(async (args) => {
              attacker.system.kernel.send(to, [Number(actor), method, 0, ...args]);
              return [method, await ask(simulation, attacker, [to, Number(actor), method, args])] as const;
            }),
          );
          for (const [name, outcome] of await Promise.all(outcomes)) {
            if (!WAITS.has(name)) expect([actor, name, outcome]).not.toEqual([actor, name, "nothing"]);
            if (outcome === "TypeError") refused++;
          }
        }
        await works();
      }
    });
    expect(refused).toBeGreaterThan(1_000);
    expect([simulation.faults, simulation.ended]).toEqual([[], []]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 60_000);

  test("says what is wrong: the method, which argument, and what it has to be", async () => {
    const simulation = new Simulation({ seed: 2, functions: workers().functions });
    await simulation.run(async () => {
      const { attacker } = await cluster(simulation);
      const fault = async (actor: number, method: string, ...args: unknown[]): Promise<string> =>
        await attacker.system.kernel.ask(HEAD_PLACE, actor, method, ...args).then(String, (error: unknown) => (error as Error).message);
      expect(await fault(ActorNumber.objects, "hold", [5])).toBe("hold: argument 1 has to be an array, each a text, and is an array");
      expect(await fault(ActorNumber.kv, "get", "n")).toBe("get: argument 2 has to be a text, and is undefined");
      expect(await fault(ActorNumber.kv, "constructor")).toBe("no method constructor in this contract");
      expect(await fault(99, "get")).toBe("no actor 99 here");
    });
  });

  test("does the same with messages by number, and with what is no envelope at all", async () => {
    const simulation = new Simulation({ seed: 3, functions: workers().functions });
    await simulation.run(async () => {
      const { attacker, places, works } = await cluster(simulation);
      const actors = [...Object.values(ActorNumber), 99, -1, 0.5];
      let seed = 0;
      for (const to of places) {
        for (const actor of actors) {
          for (let op = -1; op < 12; op++) {
            for (const fields of fc.sample(several, { seed: ++seed, numRuns: 3 })) {
              attacker.system.kernel.send(to, [actor, op, ...fields] as unknown as Envelope);
            }
          }
          for (const other of fc.sample(argument, { seed: ++seed, numRuns: 5 })) attacker.system.kernel.send(to, other as Envelope);
          await works();
        }
      }
    });
    expect([simulation.faults, simulation.ended]).toEqual([[], []]);
  }, 60_000);
});
