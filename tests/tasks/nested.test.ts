import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getRuntimeContext, init, remote, shutdown, wait } from "../../mod.ts";
import { type Gate, GateActor } from "./gate.ts";

const fib = remote(async (n: number): Promise<number> => {
  if (n < 2) return n;
  const [a, b] = await get([fib.remote(n - 1), fib.remote(n - 2)]);
  return (a as number) + (b as number);
});

for (const numCpus of [1, 2]) {
  describe(`on ${numCpus} CPU`, () => {
    beforeAll(() => init({ numCpus }));
    afterAll(() => shutdown());

    test("recursive tasks come to their end", async () => {
      expect(await get(fib.remote(11))).toBe(89);
    });

    test("tasks nested deeper than there are CPUs do not deadlock", async () => {
      const deep = remote(async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await get(deep.remote(n - 1)))));
      expect(await get(deep.remote(40))).toBe(40);
    });

    test("many parents that each wait for children come to their end", async () => {
      const child = remote((x: number) => x + 1);
      const parent = remote(async (x: number) => {
        const refs = Array.from({ length: 20 }, (_, i) => child.remote(x + i));
        const [ready, rest] = await wait(refs, { numReturns: 10 });
        const first = await get(ready);
        const last = await get(rest);
        return first.length + last.length;
      });
      expect(await get(Array.from({ length: 50 }, (_, i) => parent.remote(i)))).toEqual(Array(50).fill(20));
    });

    test("a task that waits gives its CPU back, and other tasks run meanwhile", async () => {
      const gate = GateActor.remote();
      const waits = remote(async (to: ActorHandle<Gate>) => {
        await get(to.pass.remote());
        return getRuntimeContext().workerId;
      });
      const quick = remote((x: number) => x);
      const waiting = Array.from({ length: 3 * numCpus }, () => waits.remote(gate));
      await get(gate.arrived.remote(3 * numCpus));
      expect(await get(Array.from({ length: 100 }, (_, i) => quick.remote(i)))).toHaveLength(100);
      await get(gate.open.remote());
      await get(waiting);
    });

    test("tasks behind one that waits go elsewhere", async () => {
      const gate = GateActor.remote();
      const first = remote(async (x: number, to: ActorHandle<Gate>) => {
        if (x === 0) await get(to.pass.remote());
        return x;
      });
      // One batch: whoever has the first is held up, the others are not.
      const refs = Array.from({ length: 50 }, (_, i) => first.remote(i, gate));
      const [ready] = await wait(refs, { numReturns: 49, timeoutMs: 10_000 });
      expect(ready).toHaveLength(49);
      await get(gate.open.remote());
      expect(await get(refs[0] as (typeof refs)[0])).toBe(0);
    });
  });
}
