import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ResourceSet } from "../../../runtime/resources/mod.ts";

const amount = fc.oneof(
  fc.integer({ min: 0, max: 64 }),
  fc.integer({ min: 0, max: 640_000 }).map((units) => units / 10_000),
);
const amounts = fc
  .dictionary(fc.constantFrom("CPU", "GPU", "memory", "tape", "__proto__"), amount.map(Math.abs), {
    noNullPrototype: true,
  })
  .map((record) => ("memory" in record ? { ...record, memory: Math.round(record.memory ?? 0) } : record));
const set = amounts.map((record) => ResourceSet.from(record));

describe("ResourceSet", () => {
  test("reads and writes the same amounts, without the zeros", () => {
    expect(ResourceSet.from({ CPU: 0.5, GPU: 0, memory: 2e12, tape: 3 }).toObject()).toEqual({
      CPU: 0.5,
      memory: 2e12,
      tape: 3,
    });
    fc.assert(fc.property(set, (a) => ResourceSet.from(a.toObject()).equals(a)));
  });

  test("gives back exactly what was taken, in any order", () => {
    fc.assert(
      fc.property(set, fc.array(set, { maxLength: 20 }), (start, demands) => {
        let available = start;
        const taken: ResourceSet[] = [];
        for (const demand of demands) {
          if (!demand.fits(available)) continue;
          available = available.subtract(demand);
          taken.push(demand);
        }
        for (const demand of taken) available = available.add(demand);
        expect(available.key).toBe(start.key);
      }),
    );
  });

  test("is never negative: subtract throws exactly when the demand does not fit", () => {
    fc.assert(
      fc.property(set, set, (available, demand) => {
        if (demand.fits(available)) {
          const rest = available.subtract(demand);
          for (const value of Object.values(rest.toObject())) expect(value).toBeGreaterThan(0);
          expect(rest.add(demand).equals(available)).toBe(true);
          expect(demand.lacking(available)).toEqual([]);
        } else {
          expect(() => available.subtract(demand)).toThrow(RangeError);
          expect(demand.lacking(available).length).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("adds without order and has one key for equal sets", () => {
    fc.assert(fc.property(set, set, (a, b) => a.add(b).equals(b.add(a)) && a.add(b).key === b.add(a).key));
    expect(ResourceSet.from({ a: 1, b: 2 }).key).toBe(ResourceSet.from({ b: 2, a: 1, c: 0 }).key);
  });

  test("does not drift: ten tenths are one", () => {
    let sum = ResourceSet.EMPTY;
    for (let i = 0; i < 10; i++) sum = sum.add(ResourceSet.from({ CPU: 0.1 }));
    expect(sum.get("CPU")).toBe(1);
    expect(ResourceSet.from({ CPU: 1 }).subtract(sum).isEmpty).toBe(true);
  });

  test("rounds to 0.0001 and refuses what is less, negative or no number", () => {
    expect(ResourceSet.from({ CPU: 1 / 3 }).get("CPU")).toBe(0.3333);
    for (const bad of [-1, NaN, Infinity, 0.00001]) expect(() => ResourceSet.from({ CPU: bad })).toThrow(/"CPU"/);
  });

  test("is not changed by what is computed from it", () => {
    const a = ResourceSet.from({ CPU: 2 });
    a.subtract(ResourceSet.from({ CPU: 1 }));
    a.add(ResourceSet.from({ CPU: 1 }));
    expect(`${a}`).toBe("{CPU: 2}");
  });
});
