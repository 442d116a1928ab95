import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActorHandle, get, init, kill, type ObjectRef, OwnerDiedError, put, remote, shutdown, wait } from "../../mod.ts";
import { session } from "../../runtime/session/mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";
import { collectUntil, type Figures, figures, keptBytes, MIB, turn } from "./store.ts";

beforeAll(() => init({ numCpus: 2, objectStoreMemory: 64 * MIB, spillDirectory: mkdtempSync(join(tmpdir(), "mobula-counting-")) }));
afterAll(() => shutdown());

const BIG = 200_000;

class Keeper {
  kept: unknown;
  keep(value: unknown): void {
    this.kept = value;
  }
  read(): unknown {
    return this.kept;
  }
  makeOwn(): ObjectRef<Uint8Array>[] {
    return [put(new Uint8Array(200_000).fill(5))];
  }
  makePending(): ObjectRef<unknown>[] {
    const never = remote(() => new Promise(() => {}));
    return [never.options({ numCpus: 0 }).remote()];
  }
  sum(...numbers: number[]): number {
    return numbers.length;
  }
}
const KeeperActor = remote(Keeper, { numCpus: 0 });
const size = remote((bytes: Uint8Array) => bytes.length);
const make = remote((fill: number) => new Uint8Array(200_000).fill(fill));
const firstByte = remote(async (box: { ref: ObjectRef<Uint8Array> }) => (await get(box.ref))[0]);

const nothing = (now: Figures): boolean => keptBytes(now) === 0 && Object.values(now.store.objects).every((count) => count === 0);

/** In a function of its own, so that no variable keeps what is made. */
async function apart(body: () => Promise<void>): Promise<void> {
  await body();
  await turn();
}

describe("what nobody holds is let go", () => {
  test("values that were put, disposed of by hand, without any collector", async () => {
    for (let i = 0; i < 500; i++) {
      using ref = put(new Uint8Array(BIG));
      expect(ref.id).toBeTruthy();
    }
    await turn();
    // Some may have been on their way to disk, for there is not room for all.
    await waitForCondition(async () => keptBytes(await figures()) === 0);
  });

  test("values that were put and forgotten", async () => {
    await apart(async () => {
      for (let i = 0; i < 50; i++) put({ i, bytes: new Uint8Array(BIG) });
    });
    await collectUntil(nothing);
  });

  test("results, arguments, and refs inside them", async () => {
    await apart(async () => {
      const refs = Array.from({ length: 20 }, (_, i) => make.remote(i));
      expect(await get(refs.map((ref) => size.remote(ref)))).toEqual(Array(20).fill(BIG));
      expect(await get(size.remote(new Uint8Array(BIG)))).toBe(BIG);
      expect(await get(firstByte.remote({ ref: refs[3]! }))).toBe(3);
    });
    await collectUntil(nothing);
  });

  test("large arguments of calls go when the call has ended, without any collector here", async () => {
    const before = session().caller.objects.sizes()["objects"]!;
    for (let i = 0; i < 20; i++) await get(size.remote(new Uint8Array(BIG)));
    expect(session().caller.objects.sizes()["objects"]).toBe(before);
    await collectUntil(nothing);
  });

  test("refs that an actor keeps, until it lets go", async () => {
    const keeper = KeeperActor.remote();
    await apart(async () => {
      await get(keeper.keep.remote([put(new Uint8Array(BIG).fill(8))]));
    });
    for (let i = 0; i < 5; i++) await collectUntil((now) => keptBytes(now) > 0);
    const read = remote(async (to: ActorHandle<Keeper>) => {
      const [ref] = (await get(to.read.remote())) as [ObjectRef<Uint8Array>];
      return (await get(ref))[1];
    });
    expect(await get(read.remote(keeper))).toBe(8);
    await get(keeper.keep.remote(undefined));
    await collectUntil((now) => keptBytes(now) === 0);
  });

  test("refs in a worker that has died", async () => {
    const keeper = KeeperActor.remote();
    await apart(async () => {
      await get(keeper.keep.remote([put(new Uint8Array(BIG))]));
    });
    kill(keeper);
    await collectUntil((now) => keptBytes(now) === 0);
  });

  test("a generator's items, read and unread", async () => {
    const items = remote(
      function* (count: number) {
        for (let i = 0; i < count; i++) yield new Uint8Array(200_000).fill(i);
      },
      { numReturns: "streaming" },
    );
    await apart(async () => {
      let at = 0;
      for await (const ref of items.remote(10)) {
        using item = ref;
        expect((await get(item))[0]).toBe(at++);
      }
      using unread = items.remote(5);
      await get(unread.completed());
    });
    await collectUntil(nothing);
  });
});

describe("what somebody holds stays", () => {
  test("a ref that is disposed of while a call that takes it waits", async () => {
    const keeper = KeeperActor.remote();
    const refs: ObjectRef<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      using large = put(new Uint8Array(BIG).fill(i));
      using small = put({ i });
      refs.push(size.remote(large), firstByte.remote({ ref: large }));
      refs.push(keeper.sum.remote(large as never, small as never));
    }
    const values = await get(refs);
    expect(values.filter((_, at) => at % 3 === 0)).toEqual(Array(20).fill(BIG));
    expect(values.filter((_, at) => at % 3 === 1)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test("a ref that is disposed of while it is awaited", async () => {
    const pending = ((): Promise<Uint8Array> => {
      using ref = make.remote(9);
      return get(ref);
    })();
    expect((await pending)[0]).toBe(9);
  });

  test("a ref inside a value, after the ref itself is gone", async () => {
    const outer = ((): ObjectRef<{ inner: ObjectRef<Uint8Array> }> => {
      using inner = put(new Uint8Array(BIG).fill(6));
      return put({ inner });
    })();
    for (let i = 0; i < 3; i++) await collectUntil((now) => keptBytes(now) > 0);
    expect((await get((await get(outer)).inner))[0]).toBe(6);
    outer[Symbol.dispose]();
    await collectUntil(nothing);
  });

  test("refs inside errors, as long as those who may get them: of tasks, of several returns, of generators", async () => {
    const refIn = (error: unknown): ObjectRef<Uint8Array> => (error as { cause: { made: ObjectRef<Uint8Array> } }).cause.made;
    const failing = remote((): unknown => {
      throw Object.assign(new Error("with a ref"), { made: put(new Uint8Array(200_000).fill(9)) });
    });
    const generating = remote(
      // biome-ignore lint/correctness/useYield: it fails before its first item.
      function* (): Generator<number> {
        throw Object.assign(new Error("with a ref"), { made: put(new Uint8Array(200_000).fill(9)) });
      },
      { numReturns: "streaming" },
    );
    await apart(async () => {
      const one = failing.remote();
      const two = failing.options({ numReturns: 2 }).remote() as unknown as ObjectRef<unknown>[];
      const items = [];
      for await (const item of generating.remote()) items.push(item);
      const kept = [one, ...two, ...items];
      const dropped = failing.remote();
      await wait([...kept, dropped], { numReturns: kept.length + 1 });
      dropped[Symbol.dispose]();
      // What nobody can get any more has gone: what is here now stays.
      await collectUntil((now) => keptBytes(now) < 4 * BIG);
      for (const ref of kept) expect((await get(refIn(await rejection(get(ref)))))[0]).toBe(9);
      for (const ref of kept) ref[Symbol.dispose]();
    });
    await collectUntil(nothing);
  }, 30_000);

  test("a ref that a task has kept, though its thread is busy when its submitter lets go", async () => {
    const keep = remote((box: unknown) => {
      (globalThis as { kept?: unknown }).kept = box;
      return process.pid;
    });
    // In the same turn of the same worker: nothing leaves it meanwhile by itself.
    const busy = remote((ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    });
    const look = remote(async () => {
      const kept = (globalThis as { kept?: { ref: ObjectRef<Uint8Array> } }).kept;
      if (kept === undefined) return undefined;
      return await get(kept.ref, { timeoutMs: 5_000 }).then(
        (bytes) => bytes[0],
        (error: Error) => error.name,
      );
    });
    const held = await (async () => {
      using ref = put(new Uint8Array(BIG).fill(4));
      const kept = keep.remote({ ref });
      const busies = Array.from({ length: 20 }, () => busy.remote(20));
      await get(kept);
      return busies;
    })();
    await get(held);
    const seen = (await get(Array.from({ length: 20 }, () => look.remote()))).filter((byte) => byte !== undefined);
    expect([...new Set(seen)]).toEqual(seen.length === 0 ? [] : [4]);
    const forget = remote(() => void delete (globalThis as { kept?: unknown }).kept);
    await get(Array.from({ length: 20 }, () => forget.remote()));
  });

  test("a view, whatever becomes of its object, is never overwritten", async () => {
    const views: Uint8Array[] = [];
    for (let i = 0; i < 20; i++) {
      using ref = put(new Uint8Array(BIG).fill(i));
      views.push(await get(ref));
    }
    for (let round = 0; round < 300; round++) {
      using ref = put(new Uint8Array(BIG).fill(200));
      if (round % 50 === 0) await get(size.remote(ref));
    }
    views.forEach((view, i) => expect(view.every((byte) => byte === i)).toBe(true));
  });
});

describe("a dead owner", () => {
  test("leaves values that are in the store, and takes those it was making", async () => {
    const keeper = KeeperActor.remote();
    const [own] = (await get(keeper.makeOwn.remote())) as [ObjectRef<Uint8Array>];
    const [pending] = (await get(keeper.makePending.remote())) as [ObjectRef<unknown>];
    const waiting = get(pending).catch((error: unknown) => error);
    kill(keeper);
    expect(await waiting).toBeInstanceOf(OwnerDiedError);
    expect((await get(own))[0]).toBe(5);
    expect(await rejection(get(pending))).toBeInstanceOf(OwnerDiedError);
    expect(await get(size.remote(own))).toBe(BIG);
  });
});

describe("between workers", () => {
  test("borrowed refs are awaited and got there, with limits of time", async () => {
    const gate = remote(
      class Gate {
        #open: (() => void)[] = [];
        pass(): Promise<void> {
          return new Promise((resolve) => void this.#open.push(resolve));
        }
        open(): void {
          for (const resolve of this.#open) resolve();
        }
      },
      { maxConcurrency: 10, numCpus: 0 },
    ).remote();
    const slow = gate.pass.remote();
    const borrow = remote(async (box: { slow: ObjectRef<void>; ready: ObjectRef<Uint8Array> }) => {
      const [ready, rest] = await wait([box.slow, box.ready], { timeoutMs: 5_000 });
      const late = await get(box.slow, { timeoutMs: 20 }).catch((error: Error) => error.name);
      const [none] = await wait([box.slow], { timeoutMs: 20 });
      return [ready[0]?.id, rest.length, late, none.length, (await get(box.ready))[0]];
    });
    const ready = make.remote(3);
    expect(await get(borrow.remote({ slow, ready }))).toEqual([ready.id, 1, "GetTimeoutError", 0, 3]);
    await get(gate.open.remote());
    await get(slow);
  });

  test("many get the same large object at once", async () => {
    using ref = put(new Uint8Array(4 * MIB).fill(1));
    const sum = remote((bytes: Uint8Array, at: number) => bytes[at]);
    expect(await get(Array.from({ length: 200 }, (_, i) => sum.remote(ref, i)))).toEqual(Array(200).fill(1));
  });

  test("a driver that blocks does not hold up what it made in the same turn", async () => {
    using large = put(new Uint8Array(BIG).fill(2));
    using one = make.remote(1);
    const both = remote(async (a: Uint8Array, box: { large: ObjectRef<Uint8Array> }) => [
      a[0],
      (await get(box.large))[0],
      performance.timeOrigin + performance.now(),
    ]);
    const ref = both.remote(one, { large });
    await turn();
    const end = performance.now() + 1_500;
    while (performance.now() < end);
    const blockedUntil = performance.timeOrigin + performance.now();
    const [a, b, at] = (await get(ref)) as [number, number, number];
    expect([a, b]).toEqual([1, 2]);
    expect(at).toBeLessThan(blockedUntil - 200);
  });
});
