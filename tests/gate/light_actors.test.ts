/**
 * Guards what a light actor costs while it rests: bytes on the heaps of the threads that know it, which are the same on
 * any machine, and how its calls travel. Raise a bound only with a reason; docs/performance.md says what the bytes are.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ActorManager } from "../../actors/actor_manager/mod.ts";
import { Gcs, MemoryStorage } from "../../actors/gcs/mod.ts";
import { References } from "../../actors/objects/mod.ts";
import { type ActorHandle, get, init, remote, shutdown } from "../../mod.ts";
import { Kernel } from "../../runtime/kernel/mod.ts";
import { faultWire } from "../../runtime/values/mod.ts";

/** Bytes in use on this thread's heap, garbage apart: the least of some looks, as a stack may still name some. */
async function heapBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    least = Math.min(least, await heapBytesNow());
  }
  return least;
}

async function heapBytesNow(): Promise<number> {
  const { Bun: bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (bun !== undefined) {
    const { heapStats } = (await import("bun:jsc" as string)) as { heapStats(): { heapSize: number } };
    bun.gc(true);
    return heapStats().heapSize;
  }
  const { getHeapStatistics, setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return getHeapStatistics().used_heap_size;
}

class Cell {
  #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  increment(): number {
    return ++this.#value;
  }

  heap(): Promise<number> {
    return heapBytes();
  }
}

const ACTORS = 5_000;
const Light = remote(Cell, { isolation: "shared", numCpus: 0 });

/** Makes them, and calls each once. */
async function make(): Promise<ActorHandle<Cell>[]> {
  const cells = Array.from({ length: ACTORS }, (_, i) => Light.remote(i));
  expect(await get(cells.map((cell) => cell.increment.remote()))).toEqual(Array.from({ length: ACTORS }, (_, i) => i + 1));
  return cells;
}

describe("a light actor at rest", () => {
  /** Bytes of the frames that left here. */
  const posted: number[] = [];
  const { postMessage } = MessagePort.prototype;

  beforeAll(async () => {
    MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
      const bytes = Array.isArray(args[0]) ? args[0][2] : undefined;
      if (bytes instanceof Uint8Array) posted.push(bytes.length);
      return Reflect.apply(postMessage, this, args);
    } as typeof postMessage;
    // One CPU: all live in one thread.
    await init({ numCpus: 1 });
  });
  afterAll(async () => {
    MessagePort.prototype.postMessage = postMessage;
    await shutdown();
  });

  test("costs its creator and its host less than a kilobyte each", async () => {
    // What an engine keeps of the first of anything is not to be counted.
    const cells = [...(await make()), ...(await make())];
    const [first] = cells as [ActorHandle<Cell>];
    const before = { here: await heapBytes(), there: await get(first.heap.remote()) };
    cells.push(...(await make()));
    const [here, there] = [await heapBytes(), await get(first.heap.remote())];
    expect(cells.length).toBe(3 * ACTORS);
    for (const bytes of [here - before.here, there - before.there]) {
      // What is counted has to be there at all.
      expect(bytes / ACTORS).toBeGreaterThan(100);
      expect(bytes / ACTORS).toBeLessThan(750);
    }
  });

  test("and its maker's turn goes on its way in parts, none of which is long", async () => {
    posted.length = 0;
    const cells = Array.from({ length: ACTORS }, (_, i) => Light.remote(i));
    for (const cell of cells) cell.increment.remote();
    // Nothing was awaited yet: what is posted was posted by the calls themselves.
    expect(posted.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...posted)).toBeLessThan(2_500 * 100);
    await get(cells.map((cell) => cell.__ready__.remote()));
  });
});

test("a light actor costs the system worker less than a kilobyte", async () => {
  const clock = { now: () => 0, soon: () => {}, after: () => () => {} };
  const place = 2 ** 20;
  const [driver, host] = [place + 1, place + 2];
  const kernel = new Kernel({ place, faults: faultWire });
  const gcs = new Gcs({ storage: new MemoryStorage(), clock });
  const references = new References({ onDead: () => {} });
  const template = {
    kind: "actor",
    number: 1,
    owner: driver,
    name: "Cell",
    functionId: "f",
    jobId: "j",
    namespace: "n",
    meta: {},
    options: { detached: false, getIfExists: false, maxRestarts: 0, resources: {}, isolation: "shared" },
  };
  gcs.jobs.add({ jobId: "j", namespace: "n" });
  const manager = new ActorManager({
    kernel,
    gcs,
    clock,
    seats: { find: (_request, found) => found(host), settled: () => {}, leave: () => {}, adopt: () => {}, free: () => {} },
    template: () => template as never,
    whenHere: (_ids, action) => action(),
    hold: (id, holder) => references.hold(id, holder),
    drop: (id, holder) => references.drop(id, holder),
    isHeld: (id) => references.has(id),
    learn: () => {},
  });
  const said = (from: number) => ({ from, attachments: [] });
  const register = (from: number): void => {
    for (let i = from; i < from + ACTORS; i++) {
      const id = `a${i}`;
      manager.create(said(driver), id, 1, 0, [i], [], []);
      manager.started(said(host), id, 0);
    }
    kernel.flush();
  };
  register(0);
  const before = await heapBytes();
  register(ACTORS);
  const bytes = ((await heapBytes()) - before) / ACTORS;
  expect(gcs.actors.liveCount).toBe(2 * ACTORS);
  expect(bytes).toBeGreaterThan(100);
  expect(bytes).toBeLessThan(750);
});
