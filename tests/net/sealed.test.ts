import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CorruptDataFault, seal, sealedByteLength, unseal } from "../../net/codec/mod.ts";

const encoded = fc.record({
  bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  segments: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
});

describe("a sealed value", () => {
  test("gives back its parts as aligned views, in private and in shared memory", () => {
    fc.assert(
      fc.property(encoded, fc.boolean(), fc.nat({ max: 100 }), (value, isShared, spare) => {
        const size = sealedByteLength(value);
        const target = isShared ? new SharedArrayBuffer(size + spare) : new ArrayBuffer(size + spare);
        new Uint8Array(target).fill(0xaa);
        expect(seal(value, target)).toBe(size);
        const { bytes, segments } = unseal(target);
        expect(Array.from(bytes)).toEqual(Array.from(value.bytes));
        expect(segments.map((each) => Array.from(each))).toEqual(value.segments.map((each) => Array.from(each)));
        for (const part of [bytes, ...segments]) expect(part.buffer as unknown).toBe(target);
        for (const segment of segments) expect(segment.byteOffset % 64).toBe(0);
        expect(unseal(target, size).segments.length).toBe(segments.length);
      }),
    );
  });

  test("does not depend on what the memory held before", () => {
    const value = { bytes: new Uint8Array([1, 2, 3]), segments: [new Uint8Array([4]), new Uint8Array([5])] };
    const [clean, dirty] = [new ArrayBuffer(sealedByteLength(value)), new ArrayBuffer(sealedByteLength(value))];
    new Uint8Array(dirty).fill(0xff);
    seal(value, clean);
    seal(value, dirty);
    expect(new Uint8Array(dirty)).toEqual(new Uint8Array(clean));
  });

  test("needs a buffer large enough", () => {
    const value = { bytes: new Uint8Array(10), segments: [] };
    expect(() => seal(value, new ArrayBuffer(20))).toThrow(RangeError);
  });

  test("that was cut short is a fault at every length", () => {
    const value = { bytes: new Uint8Array(10), segments: [new Uint8Array(70), new Uint8Array(1)] };
    const target = new ArrayBuffer(sealedByteLength(value));
    seal(value, target);
    for (let length = 0; length < target.byteLength; length++) {
      expect(() => unseal(target, length)).toThrow(CorruptDataFault);
      expect(() => unseal(target.slice(0, length))).toThrow(CorruptDataFault);
    }
    expect(() => unseal(target, target.byteLength + 1)).toThrow(CorruptDataFault);
    expect(() => unseal(target, NaN)).toThrow(CorruptDataFault);
  });

  test("with any altered header is a fault, or stays within bounds", () => {
    fc.assert(
      fc.property(encoded, fc.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }), (value, changes) => {
        const target = new ArrayBuffer(sealedByteLength(value));
        seal(value, target);
        const view = new Uint8Array(target);
        for (const [at, byte] of changes) if (at < view.length) view[at] = byte;
        try {
          const { bytes, segments } = unseal(target);
          for (const part of [bytes, ...segments]) expect(part.byteOffset + part.byteLength).toBeLessThanOrEqual(target.byteLength);
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptDataFault);
        }
      }),
    );
  });

  test("may claim lengths beyond 4 GiB; they are read whole", () => {
    const target = new ArrayBuffer(64);
    seal({ bytes: new Uint8Array(4), segments: [] }, target);
    new DataView(target).setBigUint64(8, 1n << 33n, true);
    expect(() => unseal(target)).toThrow("8589934592 bytes");
    new DataView(target).setBigUint64(8, 1n << 60n, true);
    expect(() => unseal(target)).toThrow(CorruptDataFault);
  });
});
