import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type AskHead, headOf } from "../../actors/sessions/mod.ts";
import { type ActorHandle, get, init, type ObjectRef, put, type RemoteFunction, remote, shutdown } from "../../mod.ts";
import { Cluster, waitForCondition } from "../../testing/mod.ts";
import { SignalActor } from "../../util/mod.ts";

const CPUS = 2;

let cluster: Cluster;
let ask: AskHead;

beforeAll(async () => {
  cluster = await Cluster.start({ head: { numCpus: CPUS } });
  ask = headOf({ url: cluster.address, token: cluster.token });
  await init({ address: cluster.address, token: cluster.token });
}, 60_000);

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
});

/** Each waits for the one below it, and so needs a worker of its own. */
const nested: RemoteFunction<[levels: number], number> = remote(async (levels: number): Promise<number> => {
  return levels === 1 ? 1 : 1 + (await get(nested.remote(levels - 1)));
});

type Signal = ReturnType<typeof SignalActor.remote>;

async function liveWorkers(): Promise<string[]> {
  const { rows } = await ask({ about: "list", kind: "workers", filters: ["kind=task", "state!=DEAD"], limit: 1_000, detail: true });
  return rows.map((row) => row["workerId"] as string);
}

async function untilThereAre(count: number): Promise<string[]> {
  await waitForCondition(async () => (await liveWorkers()).length === count, { timeoutMs: 20_000 });
  return await liveWorkers();
}

describe("workers that have nothing to do", () => {
  test("end, but for as many as there are CPUs, and others are there when they are needed again", async () => {
    expect(await get(nested.remote(6))).toBe(6);
    expect((await liveWorkers()).length).toBeGreaterThanOrEqual(6);
    const kept = await untilThereAre(CPUS);
    expect(await get(nested.remote(6))).toBe(6);
    expect(await liveWorkers()).toEqual(expect.arrayContaining(kept));
  }, 60_000);

  test("leave the values that they put", async () => {
    type Put = { small: ObjectRef<number>; large: ObjectRef<Float64Array> };
    const putting: RemoteFunction<[levels: number], Put[]> = remote(async (levels: number): Promise<Put[]> => {
      const own = { small: put(levels), large: put(new Float64Array(20_000).fill(levels)) };
      return levels === 1 ? [own] : [own, ...(await get(putting.remote(levels - 1)))];
    });
    const made = await get(putting.remote(6));
    await untilThereAre(CPUS);
    expect(await get(made.map(({ small }) => small))).toEqual([6, 5, 4, 3, 2, 1]);
    expect((await get(made.map(({ large }) => large))).map((values) => values[19_999])).toEqual([6, 5, 4, 3, 2, 1]);
  }, 60_000);

  test("stay while what they have submitted has not ended, or actors of theirs live", async () => {
    class Counter {
      #n = 0;

      add(): number {
        return ++this.#n;
      }
    }
    const CounterActor = remote(Counter, { numCpus: 0 });
    type Made = { actor?: ActorHandle<Counter>; coming?: ObjectRef<number> };
    const late = remote(
      async (signal: Signal, value: number) => {
        await get(signal.wait.remote());
        return value;
      },
      { numCpus: 0, maxRetries: 0 },
    );
    /** Makes things on each of so many workers. */
    const makers: RemoteFunction<[levels: number, signal: Signal], Made[]> = remote(async (levels: number, signal: Signal): Promise<Made[]> => {
      const made: Made = levels % 2 === 0 ? { actor: CounterActor.remote() } : { coming: late.remote(signal, levels) };
      return levels === 1 ? [made] : [made, ...(await get(makers.remote(levels - 1, signal)))];
    });
    const signal = SignalActor.remote();
    const made = await get(makers.remote(6, signal));
    // Those that are not needed end meanwhile.
    const needed = 14;
    expect(await get(nested.remote(needed))).toBe(needed);
    await waitForCondition(async () => (await liveWorkers()).length < needed, { timeoutMs: 20_000 });
    await get(signal.send.remote());
    expect(await get(made.flatMap(({ coming }) => coming ?? []))).toEqual([5, 3, 1]);
    expect(await get(made.flatMap(({ actor }) => actor?.add.remote() ?? []))).toEqual([1, 1, 1]);
  }, 60_000);
});
