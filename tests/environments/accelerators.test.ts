import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import { get, getRuntimeContext, init, kill, remote, shutdown } from "../../mod.ts";

const visible = process.env["CUDA_VISIBLE_DEVICES"];
beforeAll(async () => {
  process.env["CUDA_VISIBLE_DEVICES"] = "GPU-a,GPU-b,GPU-c";
  await init({ numCpus: 4, numGpus: 2 });
  if (visible === undefined) delete process.env["CUDA_VISIBLE_DEVICES"];
  else process.env["CUDA_VISIBLE_DEVICES"] = visible;
});
afterAll(() => shutdown());

class Holder {
  ids(): readonly string[] | undefined {
    return getRuntimeContext().acceleratorIds["GPU"];
  }
}

/** Tells its GPUs once so many of its kind are there. */
class Meeting {
  #waiting: (() => void)[] = [];
  async meet(count: number): Promise<void> {
    const met = new Promise<void>((resolve) => void this.#waiting.push(resolve));
    if (this.#waiting.length === count) for (const resolve of this.#waiting.splice(0)) resolve();
    await met;
  }
}

describe("acceleratorIds", () => {
  test("of tasks that run at the same time are distinct, and CUDA sees the same", async () => {
    const meeting = remote(Meeting, { numCpus: 0, maxConcurrency: 10 }).remote();
    for (const isolation of ["thread", "process"] as const) {
      const meet = remote(
        async (at: typeof meeting) => {
          await get(at.meet.remote(2));
          return [getRuntimeContext().acceleratorIds["GPU"], process.env["CUDA_VISIBLE_DEVICES"]];
        },
        { numGpus: 1, isolation },
      );
      const seen = await get([meet.remote(meeting), meet.remote(meeting)]);
      expect(seen.map(([ids]) => ids).sort()).toEqual([["GPU-a"], ["GPU-b"]]);
      for (const [ids, cuda] of seen) expect(cuda).toBe((ids as string[])[0]);
    }
  });

  test("come together where several are asked for, and are none where none are", async () => {
    const both = remote(() => getRuntimeContext().acceleratorIds, { numGpus: 2 });
    expect(await get(both.remote())).toEqual({ GPU: ["GPU-a", "GPU-b"] });
    expect(await get(remote(() => getRuntimeContext().acceleratorIds).remote())).toEqual({});
    expect(getRuntimeContext().acceleratorIds).toEqual({});
  });

  test("are an actor's as long as it lives; parts of one share it", async () => {
    const halves = Array.from({ length: 2 }, () => remote(Holder, { numCpus: 0, numGpus: 0.5 }).remote());
    const ids = await get(halves.map((half) => half.ids.remote()));
    expect(ids[0]).toEqual(ids[1] as string[]);
    const whole = remote(Holder, { numCpus: 0, numGpus: 1, isolation: "process" }).remote();
    const other = await get(whole.ids.remote());
    expect(other).toHaveLength(1);
    expect(other).not.toEqual(ids[0] as string[]);
    expect(await get(whole.ids.remote())).toEqual(other as string[]);
    for (const actor of [...halves, whole]) kill(actor);
  });

  test("of actors that have ended go to others", async () => {
    const actor = remote(Holder, { numCpus: 0, numGpus: 1, isolation: "shared" }).remote();
    expect(await get(actor.ids.remote())).toHaveLength(1);
    kill(actor);
    expect(await get(remote(() => getRuntimeContext().acceleratorIds["GPU"], { numGpus: 2 }).remote())).toHaveLength(2);
  });
});
