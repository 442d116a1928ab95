import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CorruptDataFault, decodeBatch, encodeBatch, isPrimitive } from "../../net/codec/mod.ts";
import { exactlyEqual } from "./exactly_equal.ts";

const primitive = fc
  .oneof(
    fc.integer(),
    fc.double(),
    fc.string({ unit: "binary" }),
    fc.string({ minLength: 50, maxLength: 200 }),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(null, undefined, NaN, Infinity, -Infinity),
  )
  .filter(isPrimitive);
const { envelope } = fc.letrec((tie) => ({
  envelope: fc.array(
    fc.oneof(
      { depthSize: "small" },
      primitive,
      fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
      tie("envelope"),
    ),
    { maxLength: 8 },
  ),
}));

describe("a batch of envelopes", () => {
  test("comes back exactly, from private and from shared memory", () => {
    fc.assert(
      fc.property(fc.array(envelope, { maxLength: 6 }), fc.boolean(), (batch, isShared) => {
        let bytes: Uint8Array = encodeBatch(batch);
        if (isShared) {
          const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
          shared.set(bytes);
          bytes = shared;
        }
        return exactlyEqual(decodeBatch(bytes), batch);
      }),
      { numRuns: 500 },
    );
  });

  test("has bytes of its own, that may be transferred", () => {
    const bytes = encodeBatch([[1, "a"]]);
    const again = encodeBatch([[2, "b"]]);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(decodeBatch(moved)).toEqual([[1, "a"]]);
    expect(decodeBatch(again)).toEqual([[2, "b"]]);
  });

  test("gives views on its bytes, or copies if they are few or shared", () => {
    for (const [content, view] of [
      [new Uint8Array([1, 2, 3]), false],
      [new Uint8Array(10_000).fill(7), true],
    ] as const) {
      const bytes = encodeBatch([[content]]);
      const [[got]] = decodeBatch(bytes) as [[Uint8Array]];
      expect(got).toEqual(content);
      expect(got.buffer === bytes.buffer).toBe(view);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      const [[copy]] = decodeBatch(shared) as [[Uint8Array]];
      expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
      expect(copy).toEqual(content);
    }
  });

  test("is an array, or a fault", () => {
    expect(() => decodeBatch(Uint8Array.from([0x01]))).toThrow(CorruptDataFault);
    expect(() => decodeBatch(new Uint8Array())).toThrow(CorruptDataFault);
  });
});

describe("a primitive", () => {
  test("is what a batch carries to the bit", () => {
    for (const value of [0, 1.5, NaN, Infinity, -Infinity, "", "é", true, null, undefined, 5n, -(1n << 63n), (1n << 64n) - 1n]) {
      expect(isPrimitive(value)).toBe(true);
      expect(Object.is(decodeBatch(encodeBatch([value]))[0], value)).toBe(true);
    }
    for (const value of [-0, "\ud800", "\ufeffx", "x".repeat(100_000), 1n << 64n, -(1n << 64n), Symbol("s"), {}, [], () => 1])
      expect(isPrimitive(value)).toBe(false);
  });
});
