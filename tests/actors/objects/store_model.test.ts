import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { StoreFullFault } from "../../../runtime/memory/mod.ts";
import { KIB, Lab, MIB } from "./lab.ts";

type Step =
  | { do: "put"; id: number; kib: number; place: number; copy: boolean }
  | { do: "get"; id: number; place: number }
  | { do: "unmap"; place: number }
  | { do: "free"; id: number }
  | { do: "turn" }
  | { do: "die"; place: number };

const id = fc.integer({ min: 0, max: 11 });
const place = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      id,
      kib: fc.integer({ min: 100, max: 900 }),
      place,
      copy: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("get" as const), id, place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("unmap" as const), place }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("free" as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const), place }) },
);

/** A put may be refused for want of room, and fail in no other way. */
function expectFault(fault: unknown): void {
  if (!(fault instanceof StoreFullFault)) throw fault;
}

/** Runs steps against a small store, with a check of the sums after each. */
async function run(steps: readonly Step[]): Promise<void> {
  const evicted = new Set<string>();
  const lab = new Lab({ capacity: 3 * MIB, events: { evicted: (gone) => evicted.add(gone) } });
  const alive = new Map<string, { bytes: number; fill: number }>();
  const views: { id: string; place: number; buffer: SharedArrayBuffer; fill: number }[] = [];
  const pending: Promise<unknown>[] = [];
  let sequence = 0;
  // Another comes for a place that is dead, and never under its number.
  const places = new Map<number, number>();
  const placeOf = (place: number): number => places.get(place) ?? place;

  const check = (): void => {
    const stats = lab.store.stats();
    const { residentBytes, lingeringBytes, cachedBytes, unsealedBytes, usedBytes } = stats;
    expect(residentBytes + lingeringBytes + cachedBytes + unsealedBytes).toBe(usedBytes);
    for (const bytes of [residentBytes, lingeringBytes, cachedBytes, unsealedBytes]) expect(bytes).toBeGreaterThanOrEqual(0);
    expect(usedBytes).toBeLessThanOrEqual(3 * MIB);
    // Never reused under a reader.
    for (const view of views) expect(new Uint8Array(view.buffer)[0]).toBe(view.fill);
  };

  for (const step of steps) {
    const now = "place" in step ? { ...step, place: placeOf(step.place) } : step;
    if (now.do === "put") {
      const name = `o${now.id}-${++sequence}`;
      const put = lab.put(name, now.kib * KIB, { place: now.place, fill: sequence % 251, isCopy: now.copy });
      const made = { bytes: now.kib * KIB, fill: sequence % 251 };
      pending.push(put.then(() => alive.set(name, made), expectFault));
      await Promise.race([put.catch(() => {}), lab.until(() => true)]);
    } else if (now.do === "get") {
      const name = [...alive.keys()].at(now.id);
      if (name === undefined) continue;
      const { fill } = alive.get(name)!;
      const get = Promise.resolve(lab.store.get(name, now.place)).then(
        (held) => held?.buffer && views.push({ id: name, place: now.place, buffer: held.buffer, fill }),
        () => {},
      );
      pending.push(get);
      await Promise.race([get, lab.until(() => true)]);
    } else if (now.do === "unmap") {
      const index = views.findIndex((view) => view.place === now.place);
      if (index < 0) continue;
      const [view] = views.splice(index, 1);
      lab.store.unmapped(view!.place, [view!.id]);
    } else if (now.do === "free") {
      const name = [...alive.keys()].at(now.id);
      if (name === undefined) continue;
      alive.delete(name);
      lab.store.free(name);
    } else if (now.do === "turn") await lab.until(() => true);
    else {
      // With nothing of its on the way: that would be refused, and is tested elsewhere.
      await drain();
      for (let i = views.length - 1; i >= 0; i--) if (views[i]!.place === now.place) views.splice(i, 1);
      lab.store.placeDied(now.place);
      lab.forget(now.place);
      places.set((step as typeof now).place, now.place + 3);
    }
    check();
  }

  /** Time goes by until all has been answered. */
  async function drain(): Promise<void> {
    let done = false;
    void Promise.all(pending.splice(0)).then(() => (done = true));
    await lab.until(() => {
      lab.clock.advance(100);
      return done;
    });
    await lab.settled();
  }

  await drain();
  check();
  for (const view of views.splice(0)) lab.store.unmapped(view.place, [view.id]);
  lab.clock.advance(10_000);
  for (const [name, { bytes, fill }] of alive) {
    if (evicted.has(name)) continue;
    const read = await lab.read(name);
    expect(read?.length).toBe(bytes);
    expect(read?.every((byte) => byte === fill)).toBe(true);
  }
  for (const name of alive.keys()) lab.store.free(name);
  // The disk may still be at work on some.
  await lab.until(() => lab.store.stats().lingeringBytes === 0);
  lab.store.trim();
  expect(lab.store.stats()).toMatchObject({ usedBytes: 0, cachedBytes: 0, residentBytes: 0, diskBytes: 0, waiting: 0 });
}

describe("the store under any order of events", () => {
  test("keeps its sums exact, its readers safe and every object that it has accepted", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 100, size: "max" }), run), {
      numRuns: 40,
    });
  });
});
