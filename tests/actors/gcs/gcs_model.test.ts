import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Gcs } from "../../../actors/gcs/mod.ts";
import { actorSpec, addJob, type Bench, bench, durable } from "./harness.ts";

/** What the store is believed to hold, kept by the simplest means. */
interface Model {
  /** Live actors: the name each holds. */
  readonly live: Map<string, { name: string | undefined; restarts: number; maxRestarts: number; incarnation: number }>;
  readonly ever: Set<string>;
}

type Command = fc.AsyncCommand<Model, Bench>;
const NAMES = ["a", "b", "c"];

function holder(model: Model, name: string): string | undefined {
  for (const [id, actor] of model.live) if (actor.name === name) return id;
  return undefined;
}

function command(text: string, run: (model: Model, gcs: Gcs, bench: Bench) => void | Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      real.now += 7;
      await run(model, real.gcs, real);
      await check(model, real.gcs);
    },
    toString: () => text,
  };
}

/** A name is held by the one live actor that the model says, and by nobody else. */
async function check(model: Model, gcs: Gcs): Promise<void> {
  expect(gcs.actors.liveCount).toBe(model.live.size);
  for (const name of NAMES) expect(gcs.actors.byName("main", name)?.actorId).toBe(holder(model, name));
  expect(gcs.actors.named("main").length).toBe([...model.live.values()].filter((actor) => actor.name !== undefined).length);
}

function register(id: string, options: { name: string | undefined; getIfExists: boolean; maxRestarts: number }): Command {
  const { name, getIfExists, maxRestarts } = options;
  return command(`register ${id} ${JSON.stringify(options)}`, (model, gcs) => {
    const spec = actorSpec(id, {
      ...(name === undefined ? {} : { name }),
      getIfExists,
      maxRestarts,
      resources: { CPU: 0.5 },
    });
    const result = gcs.registerActor(spec, 3);
    const held = name === undefined ? undefined : holder(model, name);
    if (model.ever.has(id)) expect(result.outcome).toBe("found");
    else if (held !== undefined) {
      expect(result).toMatchObject({ outcome: getIfExists ? "found" : "name_taken", actor: { actorId: held } });
    } else {
      expect(result.outcome).toBe("registered");
      model.live.set(id, { name, restarts: 0, maxRestarts, incarnation: 0 });
      model.ever.add(id);
    }
  });
}

function alive(id: string): Command {
  return command(`alive ${id}`, (model, gcs) => {
    const known = model.live.get(id);
    const place = 100;
    expect(gcs.actors.alive(id, { incarnation: (known?.incarnation ?? 0) + 1, place })).toBe(false);
    expect(gcs.actors.alive(id, { incarnation: known?.incarnation ?? 0, place })).toBe(known !== undefined);
    if (known) expect(gcs.actors.livingIn(place)).toContain(id);
  });
}

function lose(id: string, restart: boolean): Command {
  return command(`lose ${id} ${restart}`, (model, gcs) => {
    const known = model.live.get(id);
    const fallout = gcs.loseActor(id, { death: { cause: "killed", detail: "told to" }, restart });
    if (!known) return expect([...fallout.dead, ...fallout.restarting]).toEqual([]);
    const again = restart && known.restarts < known.maxRestarts;
    expect(again ? fallout.restarting : fallout.dead).toEqual([id]);
    if (again) {
      known.restarts++;
      known.incarnation++;
    } else model.live.delete(id);
    expect(gcs.actors.get(id)).toMatchObject({ state: again ? "RESTARTING" : "DEAD", numRestarts: known.restarts });
  });
}

/** The place in which every live actor of these tests lives is gone. */
const placeLost: Command = command("place lost", (model, gcs) => {
  const hit = new Set(gcs.actors.livingIn(100));
  const fallout = gcs.placeLost(100, { cause: "signal", signal: "SIGKILL" });
  expect(new Set([...fallout.dead, ...fallout.restarting])).toEqual(hit);
  expect(fallout.stop).toEqual([]);
  for (const id of hit) {
    const known = model.live.get(id)!;
    if (known.restarts < known.maxRestarts) {
      known.restarts++;
      known.incarnation++;
    } else model.live.delete(id);
  }
});

const recover: Command = command("recover", async (_model, gcs, real) => {
  const before = durable(gcs);
  await gcs.close();
  expect(durable(await real.restart())).toEqual(before);
});

const kv = (key: string, value: string): Command =>
  command(`kv ${key}`, (_model, gcs) => {
    gcs.kv.put({ namespace: "n", key, value: new TextEncoder().encode(value) });
    gcs.kv.put({ namespace: "n", key: `${key}\0text`, value });
    expect(gcs.counters.next("job")).toBeGreaterThan(0);
    if (value.length > 3) gcs.kv.del({ namespace: "n", key, prefix: true });
  });

describe("control store", () => {
  test("any history keeps names unique, and is the same after recovery", async () => {
    const id = fc.integer({ min: 0, max: 5 }).map((n) => `actor-${n}`);
    const options = fc.record({
      name: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
      getIfExists: fc.boolean(),
      maxRestarts: fc.integer({ min: 0, max: 2 }),
    });
    const commands: fc.Arbitrary<Command>[] = [
      fc.tuple(id, options).map(([actor, rest]) => register(actor, rest)),
      id.map(alive),
      fc.tuple(id, fc.boolean()).map(([actor, restart]) => lose(actor, restart)),
      fc.constant(placeLost),
      fc.constant(recover),
      fc.tuple(fc.constantFrom("k", "kk", "q"), fc.string({ maxLength: 5 })).map(([key, value]) => kv(key, value)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "max" }), async (history) => {
        const real = await bench();
        addJob(real.gcs);
        await fc.asyncModelRun(() => ({ model: { live: new Map(), ever: new Set<string>() }, real }), history);
        const before = durable(real.gcs);
        await real.gcs.close();
        expect(durable(await real.restart())).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  test("the same history gives the same store, to the byte", async () => {
    const run = async () => {
      const real = await bench();
      addJob(real.gcs);
      for (let i = 0; i < 50; i++) {
        real.now += i;
        real.gcs.registerActor(actorSpec(`actor-${i}`, { name: `n${i % 20}`, maxRestarts: i % 3 }), i % 4);
        if (i % 5 === 0) real.gcs.placeLost(i % 4, { cause: "exit", exitCode: 1 });
      }
      await real.gcs.flush();
      return Promise.all(["actors", "jobs", "meta"].map((table) => real.storage.load(table)));
    };
    expect(await run()).toEqual(await run());
  });
});
