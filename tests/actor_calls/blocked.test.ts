import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, availableResources, get, init, remote, shutdown } from "../../mod.ts";
import { until } from "../util/until.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Clocked {
  times: number[] = [];
  tick(): number {
    return this.times.push(Date.now());
  }
  last(): number {
    return Math.max(...this.times);
  }
}
const ClockedActor = remote(Clocked);
const both = remote(async () => 1);

function block(ms: number): number {
  const until = Date.now() + ms;
  while (Date.now() < until);
  return until;
}

describe("a driver that blocks its thread", () => {
  test("holds up none of the thousand calls that it has submitted to a new actor", async () => {
    await get([both.remote(), both.remote()]);
    // A worker is up and free: no thread can start another while this one is blocked.
    await until(async () => (await availableResources())["CPU"] === 2);
    const actor = ClockedActor.remote();
    for (let i = 0; i < 1_000; i++) actor.tick.remote();
    const last = actor.last.remote();
    await Promise.resolve();
    const unblocked = block(2_000);
    expect(await get(last)).toBeLessThan(unblocked - 500);
  });

  test("holds up no calls between workers", async () => {
    const actor = ClockedActor.remote();
    const relay = remote(async (to: ActorHandle<Clocked>) => {
      for (let i = 0; i < 50; i++) await get(to.tick.remote());
      return await get(to.last.remote());
    });
    await get(relay.remote(actor));
    const ref = relay.remote(actor);
    await new Promise((resolve) => setTimeout(resolve));
    const unblocked = block(1_500);
    expect(await get(ref)).toBeLessThan(unblocked - 200);
  });
});
