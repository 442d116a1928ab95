import { expect, test } from "bun:test";
import fc from "fast-check";
import { Fifo } from "../../util/fifo.ts";

test("behaves as an array with push, shift and unshift, whatever the order of operations", () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), item: fc.nat() }),
    fc.record({ kind: fc.constant("unshift" as const), item: fc.nat() }),
    fc.record({ kind: fc.constantFrom("shift" as const, "peek" as const, "drain" as const) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of operations) {
        if (step.kind === "push") {
          fifo.push(step.item);
          model.push(step.item);
        } else if (step.kind === "unshift") {
          fifo.unshift(step.item);
          model.unshift(step.item);
        } else if (step.kind === "shift") {
          expect(fifo.shift()).toBe(model.shift() as number);
        } else if (step.kind === "peek") {
          expect(fifo.peek()).toBe(model[0] as number);
        } else {
          expect(fifo.drain()).toEqual(model.splice(0));
        }
        expect(fifo.length).toBe(model.length);
      }
    }),
  );
});

test("keeps its order through the compaction of a long line", () => {
  const fifo = new Fifo<number>();
  const out: (number | undefined)[] = [];
  for (let i = 0; i < 10_000; i++) {
    fifo.push(i);
    if (i % 3 !== 0) out.push(fifo.shift());
  }
  out.push(...fifo.drain());
  expect(out).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
});
