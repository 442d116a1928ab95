import { expect, test } from "bun:test";
import fc from "fast-check";
import { CorruptDataFault } from "../../../net/mod.ts";
import { TaskBatch } from "../../../runtime/tasks/mod.ts";

const WORKER = 7;

function sample(): Uint8Array {
  return new Uint8Array(
    TaskBatch.write([
      [1, 0, [1, "two"]],
      [2, 1, new Uint8Array([1, 2, 3])],
      [3, 0, []],
    ]).buffer,
  ).slice();
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

test("a batch from another node, changed or cut anywhere, gives as many tasks as it has room for, or a fault", () => {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 5 }), fc.option(fc.nat()), (changes, cut) => {
      let bytes = sample();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length);
      let claimed = 0;
      try {
        const batch = new TaskBatch(shared(bytes));
        expect(batch.count * 8).toBeLessThanOrEqual(bytes.length);
        for (;;) {
          // A claim that fails has been made all the same, so the next goes on.
          try {
            if (batch.claim(WORKER) === undefined) break;
          } catch (error) {
            if (!(error instanceof CorruptDataFault)) throw error;
          }
          expect(++claimed).toBeLessThanOrEqual(batch.count);
        }
        batch.claimedBy(WORKER);
        batch.indexOf(-1);
      } catch (error) {
        expect([RangeError, CorruptDataFault].some((kind) => error instanceof kind)).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("a batch that claims more tasks than it has room for is refused before anything is read", () => {
  for (const count of [-1, 4, 1_000_000, 2 ** 31 - 1]) {
    const bytes = sample();
    new Int32Array(bytes.buffer)[1] = count === 4 ? bytes.length : count;
    expect(() => new TaskBatch(shared(bytes))).toThrow(RangeError);
  }
  expect(() => new TaskBatch(new SharedArrayBuffer(0))).toThrow(RangeError);
});
