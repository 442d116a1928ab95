import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getActor, init, kill, listNamedActors, remote, shutdown } from "../../mod.ts";
import { rejection } from "../rejection.ts";
import { until } from "../util/until.ts";
import { failureOf } from "./signal.ts";

beforeAll(() => init({ numCpus: 2, namespace: "here" }));
afterAll(() => shutdown());

class Counter {
  n = 0;
  incr(): number {
    return ++this.n;
  }
  crash(): void {
    setTimeout(() => {
      throw new Error("crashed");
    });
  }
}
const CounterActor = remote(Counter, { isolation: "shared" });
const find = async (name: string, namespace?: string): Promise<ActorHandle<Counter>> =>
  (await getActor(name, namespace === undefined ? {} : { namespace })) as unknown as ActorHandle<Counter>;

describe("a named actor", () => {
  test("is found by its name, in the turn in which it was created too", async () => {
    const counter = CounterActor.options({ name: "found" }).remote();
    const found = await find("found");
    await get(found.incr.remote());
    expect(await get(counter.incr.remote())).toBe(2);
    const fromTask = remote(async () => await get(((await getActor("found")) as unknown as ActorHandle<Counter>).incr.remote()));
    expect(await get(fromTask.remote())).toBe(3);
  });

  test("that is not there is an error that names it", async () => {
    const error = await failureOf(find("nobody"));
    expect(error["code"]).toBe("ACTOR_NOT_FOUND");
    expect(error.message).toMatch(/"nobody" in namespace "here"/);
    expect(await rejection(getActor(5 as never))).toBeInstanceOf(TypeError);
  });

  test("keeps its name: whoever takes it again hears so at the first call", async () => {
    const first = CounterActor.options({ name: "taken" }).remote();
    const second = CounterActor.options({ name: "taken" }).remote();
    expect((await failureOf(second.incr.remote()))["code"]).toBe("ACTOR_NAME_TAKEN");
    expect((await failureOf(second.incr.remote()))["code"]).toBe("ACTOR_NAME_TAKEN");
    expect(await get(first.incr.remote())).toBe(1);
    const fromTask = remote(async (Actor: typeof CounterActor) => await get(Actor.options({ name: "taken" }).remote().incr.remote()));
    expect((await failureOf(fromTask.remote(CounterActor))).message).toMatch(/"taken" is taken/);
  });

  test("is shared with getIfExists, whoever comes first", async () => {
    const shared = CounterActor.options({ name: "shared", getIfExists: true, lifetime: "detached" });
    const task = remote(async (Actor: typeof CounterActor) => {
      const handle = Actor.options({ name: "shared", getIfExists: true, lifetime: "detached" }).remote();
      for (let i = 0; i < 5; i++) handle.incr.remote();
      return await get(handle.incr.remote());
    });
    await get(Array.from({ length: 6 }, () => task.remote(CounterActor)));
    const handle = shared.remote();
    expect(await get(handle.incr.remote())).toBe(37);
    expect((await listNamedActors()).filter(({ name }) => name === "shared")).toHaveLength(1);
    kill(handle);
    expect((await failureOf(handle.incr.remote()))["code"]).toBe("ACTOR_DIED");
    const fresh = shared.remote();
    expect(await get(fresh.incr.remote())).toBe(1);
    kill(fresh);
  });

  test("is shared with getIfExists after it was restarted", async () => {
    const first = CounterActor.options({ name: "restarted", isolation: "thread", maxRestarts: 1 }).remote();
    await get(first.incr.remote());
    kill(first, { noRestart: false });
    await until(async () => {
      try {
        return (await get(first.incr.remote())) > 0;
      } catch {
        return false;
      }
    });
    const again = CounterActor.options({ name: "restarted", getIfExists: true }).remote();
    const refs = [again.incr.remote(), again.incr.remote()];
    const [a, b] = await get(refs);
    expect(b).toBe((a as number) + 1);
    expect(await get(again.incr.remote())).toBe((b as number) + 1);
  });

  test("belongs to a namespace, and is listed in it", async () => {
    const handles = [CounterActor.options({ name: "spaced" }).remote(), CounterActor.options({ name: "spaced", namespace: "there" }).remote()];
    await get(handles.map((handle) => handle.incr.remote()));
    expect(await get((await find("spaced", "there")).incr.remote())).toBe(2);
    expect(await listNamedActors()).toContainEqual({ name: "spaced", namespace: "here" });
    expect((await listNamedActors()).some(({ namespace }) => namespace !== "here")).toBe(false);
    expect(await listNamedActors({ allNamespaces: true })).toContainEqual({ name: "spaced", namespace: "there" });
    // Without their handles they would end, and could have ended before they were listed.
    for (const handle of handles) kill(handle);
  });
});
