import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AcceleratorIds } from "../../../actors/scheduler/mod.ts";

const amount = fc.oneof(
  fc.constantFrom(1, 2, 3),
  fc.integer({ min: 1, max: 9_999 }).map((share) => share / 10_000),
);

describe("accelerator ids", () => {
  test("nobody gets more of one than there is, whole ones are alone, and all come back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.array(fc.tuple(amount, fc.boolean())), (count, steps) => {
        const names = Array.from({ length: count }, (_, i) => `gpu${i}`);
        const accelerators = new AcceleratorIds(names);
        let held: { ids: readonly string[]; amount: number }[] = [];
        for (const [asked, releases] of steps) {
          if (accelerators.has(asked)) {
            const ids = accelerators.take(asked);
            expect(ids.length).toBe(Math.max(1, asked));
            expect(new Set(ids).size).toBe(ids.length);
            held.push({ ids, amount: asked });
          } else expect(accelerators.take(asked)).toEqual([]);
          for (const name of names) {
            const users = held.filter(({ ids }) => ids.includes(name));
            const used = users.reduce((sum, { amount }) => sum + Math.min(1, amount), 0);
            expect(used).toBeLessThan(1.000001);
          }
          if (releases) for (const { ids, amount } of held.splice(0, 1)) accelerators.give(ids, amount);
        }
        for (const { ids, amount } of held) accelerators.give(ids, amount);
        held = [];
        expect(accelerators.has(count)).toBe(true);
        expect([...accelerators.take(count)].sort()).toEqual(names);
      }),
    );
  });

  test("parts share the fullest that has room", () => {
    const accelerators = new AcceleratorIds(["0", "1"]);
    expect(accelerators.take(0.5)).toEqual(["0"]);
    expect(accelerators.take(0.25)).toEqual(["0"]);
    expect(accelerators.take(0.5)).toEqual(["1"]);
    expect(accelerators.has(1)).toBe(false);
    accelerators.give(["1"], 0.5);
    expect(accelerators.take(1)).toEqual(["1"]);
    expect(accelerators.take(0.25)).toEqual(["0"]);
    expect(accelerators.has(0.1)).toBe(false);
    expect(accelerators.take(0)).toEqual([]);
  });
});
