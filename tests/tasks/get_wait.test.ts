import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, asCompleted, GetTimeoutError, get, init, mapUnordered, type ObjectRef, put, remote, shutdown, wait } from "../../mod.ts";
import { ObjectRef as Ref } from "../../runtime/caller/mod.ts";
import { session } from "../../runtime/session/mod.ts";
import { rejection, rejectionText } from "../rejection.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

const identity = remote((x: number) => x);
const held = remote(async (x: number, to: ActorHandle<Gate>) => {
  await get(to.pass.remote());
  return x;
});
const fail = remote((message: string): number => {
  throw new Error(message);
});

async function expectTimeout(got: Promise<unknown>): Promise<void> {
  expect(await rejection(got)).toBeInstanceOf(GetTimeoutError);
}

describe("get", () => {
  test("keeps the order of an array and allows duplicates", async () => {
    const [a, b] = [identity.remote(1), identity.remote(2)];
    expect(await get([b, a, b, put(3)])).toEqual([2, 1, 2, 3]);
    expect(await get([])).toEqual([]);
  });

  test("rejects at the first failure without waiting for the rest", async () => {
    const gate = GateActor.remote();
    const pending = held.remote(1, gate);
    expect(await rejectionText(get([pending, fail.remote("first")]))).toMatch(/first/);
    await get(gate.open.remote());
    expect(await get(pending)).toBe(1);
  });

  test("leaves nothing behind of those that gave up, of own values or of others'", async () => {
    const gate = GateActor.remote();
    const pending = held.remote(1, gate);
    const [theirs] = await get(remote((to: ActorHandle<Gate>) => [held.remote(2, to)], { captures: { held } }).remote(gate));
    for (const ref of [pending, theirs as ObjectRef<number>]) {
      const stop = new AbortController();
      const aborted = get(ref, { signal: stop.signal });
      stop.abort();
      await aborted.catch(() => {});
      await expectTimeout(get([put(1), ref], { timeoutMs: 1 }));
      await expectTimeout(get(ref, { timeoutMs: 0 }));
      expect(await wait([ref], { timeoutMs: 1 })).toEqual([[], [ref]]);
      expect(await wait([ref], { timeoutMs: 0 })).toEqual([[], [ref]]);
      expect(Ref.entryOf(ref as never).isAwaited).toBe(false);
    }
    expect(session().caller.objects.sizes()["wanted"]).toBe(0);
    await get(gate.open.remote());
    // It was asked for before, and is waited for anew.
    expect(await get([pending, theirs as ObjectRef<number>])).toEqual([1, 2]);
  });

  test("with a timeout of 0 is now or never", async () => {
    const gate = GateActor.remote();
    const pending = held.remote(1, gate);
    const error = (await get([put(1), pending], { timeoutMs: 0 }).catch((error: unknown) => error)) as GetTimeoutError;
    expect(error).toBeInstanceOf(GetTimeoutError);
    expect(error.message).toContain("1");
    await get(gate.open.remote());
    await wait([pending]);
    expect(await get(pending, { timeoutMs: 0 })).toBe(1);
    expect(await get(put(5), { timeoutMs: 0 })).toBe(5);
  });

  test("with a timeout of 0 gives a large value that is on the node but not yet in this thread", async () => {
    const make = remote(() => new Uint8Array(300_000).fill(7));
    const ref = make.remote();
    await wait([ref]);
    expect((await get(ref, { timeoutMs: 0 }))[299_999]).toBe(7);
  });

  test("with a timeout of 0 gives what another place owns and has", async () => {
    const wrap = remote(() => ({ inner: put(new Array(10).fill(4)) }));
    const { inner } = await get(wrap.remote());
    expect(await get(inner, { timeoutMs: 0 })).toEqual(new Array(10).fill(4));
    const { inner: other } = await get(wrap.remote());
    expect((await wait([other], { timeoutMs: 0 }))[0]).toEqual([other]);
  });

  test("gives up after its timeout, and the task goes on", async () => {
    const gate = GateActor.remote();
    const pending = held.remote(2, gate);
    expect(await rejection(get(pending, { timeoutMs: 20 }))).toBeInstanceOf(GetTimeoutError);
    await get(gate.open.remote());
    expect(await get(pending)).toBe(2);
  });

  test("stops waiting when its signal aborts, with the signal's reason", async () => {
    const gate = GateActor.remote();
    const pending = held.remote(3, gate);
    const controller = new AbortController();
    const waiting = get(pending, { signal: controller.signal }).catch((error: unknown) => error);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await get(pending, { signal: controller.signal }).catch((error: unknown) => error)).toBe(reason);
    await get(gate.open.remote());
    expect(await get(pending)).toBe(3);
  });

  test("says what is no ref", async () => {
    for (const wrong of [1, "x", null, undefined, {}, Promise.resolve(1), [1], [[identity.remote(1)]]]) {
      expect(await rejection(get(wrong as unknown as ObjectRef<number>))).toBeInstanceOf(TypeError);
    }
    expect(await rejectionText(get(Promise.resolve(1) as unknown as ObjectRef<number>))).toMatch(/promise/);
  });

  test("gives a value of its own each time: what one caller changes another does not see", async () => {
    const ref = put({ list: [1, 2] });
    const first = await get(ref);
    first.list.push(3);
    expect(await get(ref)).toEqual({ list: [1, 2] });
  });
});

describe("wait", () => {
  test("keeps the given order in both, and gives at most as many as asked for", async () => {
    const gate = GateActor.remote();
    const [a, b, c] = [identity.remote(1), held.remote(2, gate), identity.remote(3)];
    await get([a, c]);
    expect(await wait([c, b, a], { numReturns: 2 })).toEqual([[c, a], [b]]);
    expect(await wait([c, b, a])).toEqual([[c], [b, a]]);
    await get(gate.open.remote());
    expect(await wait([a, b, c], { numReturns: 3 })).toEqual([[a, b, c], []]);
  });

  test("gives what is ready when its time is over", async () => {
    const gate = GateActor.remote();
    const [a, b] = [held.remote(1, gate), identity.remote(2)];
    await get(b);
    expect(await wait([a, b], { numReturns: 2, timeoutMs: 20 })).toEqual([[b], [a]]);
    expect(await wait([a], { timeoutMs: 0 })).toEqual([[], [a]]);
    await get(gate.open.remote());
  });

  test("counts a failed task as ready", async () => {
    const failed = fail.remote("ready");
    expect(await wait([failed])).toEqual([[failed], []]);
  });

  test("refuses duplicates and more returns than refs", async () => {
    const ref = identity.remote(1);
    expect(await rejection(wait([ref, ref]))).toBeInstanceOf(RangeError);
    expect(await rejection(wait([ref], { numReturns: 2 }))).toBeInstanceOf(RangeError);
    expect(await rejection(wait([ref], { numReturns: 0 }))).toBeInstanceOf(RangeError);
    expect(await rejection(wait(ref as unknown as ObjectRef<number>[]))).toBeInstanceOf(TypeError);
    expect(await wait([])).toEqual([[], []]);
    await get(ref);
  });

  test("stops when its signal aborts", async () => {
    const gate = GateActor.remote();
    const controller = new AbortController();
    const pending = held.remote(1, gate);
    const waiting = wait([pending], { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(new Error("enough"));
    expect(((await waiting) as Error).message).toBe("enough");
    await get(gate.open.remote());
    await get(pending);
  });

  test("a loop over wait sees every ref once", async () => {
    let left: ObjectRef<number>[] = Array.from({ length: 300 }, (_, i) => identity.remote(i));
    const seen: number[] = [];
    while (left.length > 0) {
      const [ready, rest] = await wait(left);
      seen.push(...(await get(ready)));
      left = rest;
    }
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});

describe("as they complete", () => {
  test("asCompleted gives values in the order in which they finish", async () => {
    const gates = [GateActor.remote(), GateActor.remote(), GateActor.remote()];
    const refs = gates.map((gate, i) => held.remote(i, gate));
    const order: number[] = [];
    const reading = (async () => {
      for await (const value of asCompleted(refs)) order.push(value);
    })();
    for (const i of [2, 0, 1]) {
      await get((gates[i] as (typeof gates)[0]).open.remote());
      await get(refs[i] as ObjectRef<number>);
    }
    await reading;
    expect(order).toEqual([2, 0, 1]);
  });

  test("asCompleted of ten thousand refs, and of none", async () => {
    const refs = Array.from({ length: 10_000 }, (_, i) => identity.remote(i));
    let sum = 0;
    for await (const value of asCompleted(refs)) sum += value;
    expect(sum).toBe((10_000 * 9_999) / 2);
    for await (const value of asCompleted([])) throw new Error(`no value expected, got ${value}`);
  });

  test("asCompleted throws where a failed one comes", async () => {
    const gate = GateActor.remote();
    const slow = held.remote(1, gate);
    const iterator = asCompleted([slow, fail.remote("broken")])[Symbol.asyncIterator]();
    expect(await rejectionText(iterator.next())).toMatch(/broken/);
    await get(gate.open.remote());
    await get(slow);
  });

  test("mapUnordered runs at most so many at a time, and takes items as there is room", async () => {
    let taken = 0;
    function* items() {
      for (let i = 0; i < 50; i++) {
        taken++;
        yield i;
      }
    }
    const one = remote((x: number) => 2 * x);
    const seen: number[] = [];
    for await (const value of mapUnordered(one, items(), { concurrency: 4 })) {
      seen.push(value);
      expect(taken).toBeLessThanOrEqual(seen.length + 4);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i));
  });

  test("mapUnordered takes async items, and closes its source when broken off", async () => {
    let closed = false;
    async function* items() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    for await (const value of mapUnordered(identity, items(), { concurrency: 2 })) if (value > 5) break;
    expect(closed).toBe(true);
  });
});
