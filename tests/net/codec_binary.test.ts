import { describe, expect, test } from "bun:test";
import { CorruptDataFault, seal, sealedByteLength, unseal, ValueCodec } from "../../net/codec/mod.ts";
import { exactlyEqual } from "./exactly_equal.ts";

type View = ArrayBufferView & { length?: number };
type ViewClass = {
  name: string;
  BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): View;
};

const classes: ViewClass[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
] as ViewClass[];
if (typeof Float16Array !== "undefined") classes.push(Float16Array as unknown as ViewClass);

const codec = new ValueCodec({ segmentThreshold: 1_024 });

function filled(bytes: number): ArrayBuffer {
  return Uint8Array.from({ length: bytes }, (_, i) => i * 7).buffer;
}

function throughSharedMemory<T>(value: T): { copy: T; memory: SharedArrayBuffer; segments: number } {
  const encoded = codec.encode(value);
  const memory = new SharedArrayBuffer(sealedByteLength(encoded) + 100);
  seal(encoded, memory);
  const { bytes, segments } = unseal(memory);
  return { copy: codec.decode(bytes, segments) as T, memory, segments: segments.length };
}

describe("binary values", () => {
  for (const viewClass of classes) {
    test(`a small ${viewClass.name} is copied, a big one is a view on the shared memory`, () => {
      for (const bytes of [0, 8, 1_016]) {
        const view = new viewClass(filled(bytes));
        const { bytes: wire, segments } = codec.encode({ view });
        expect(segments.length).toBe(0);
        expect(exactlyEqual(codec.decode(wire, segments), { view })).toBe(true);
      }
      const big = new viewClass(filled(4_096));
      const { copy, memory, segments } = throughSharedMemory({ big });
      expect(segments).toBe(1);
      expect(copy.big.buffer as unknown).toBe(memory);
      expect(copy.big.byteOffset % 64).toBe(0);
      expect(exactlyEqual(copy, { big })).toBe(true);
    });
  }

  test("a view carries its own window alone, wherever it starts", () => {
    const part = new Float64Array(filled(64), 16, 3);
    const copy = codec.decode(codec.encode(part).bytes, []) as Float64Array;
    expect(copy).toEqual(part);
    expect(copy.buffer.byteLength).toBe(24);
  });

  test("a Node Buffer comes back as a Uint8Array", () => {
    const copy = codec.decode(codec.encode(Buffer.from("abc")).bytes, []);
    expect(exactlyEqual(copy, new Uint8Array([97, 98, 99]))).toBe(true);
  });

  test("buffers come back private, big or small", () => {
    for (const size of [10, 5_000]) {
      const buffer = filled(size);
      const { copy } = throughSharedMemory({ buffer });
      expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
      expect(exactlyEqual(copy.buffer, buffer)).toBe(true);
      const shared = new SharedArrayBuffer(size);
      new Uint8Array(shared).set(new Uint8Array(buffer));
      const again = throughSharedMemory({ shared }).copy.shared;
      expect(again).toBeInstanceOf(SharedArrayBuffer);
      expect(again).not.toBe(shared);
      expect(exactlyEqual(again, shared)).toBe(true);
    }
  });

  test("two views on one buffer are two segments, one view met twice is one", () => {
    const buffer = filled(8_192);
    const value = { a: new Uint8Array(buffer, 1, 4_000), b: new Int32Array(buffer, 4_096), c: null as unknown };
    value.c = value.a;
    const { copy, segments } = throughSharedMemory(value);
    expect(segments).toBe(2);
    expect(exactlyEqual(copy, value)).toBe(true);
    expect(copy.c).toBe(copy.a);
  });

  test("the threshold is in bytes, and 100 KiB by default", () => {
    const usual = new ValueCodec();
    expect(usual.encode(new Uint8Array(102_399)).segments.length).toBe(0);
    expect(usual.encode(new Uint8Array(102_400)).segments.length).toBe(1);
    expect(usual.encode([new Float64Array(12_800)]).segments[0]!.byteLength).toBe(102_400);
  });

  test("a segment that is not aligned is copied, one that is missing or cut is a fault", () => {
    const { bytes, segments } = codec.encode(new Float64Array(filled(2_048)));
    const loose = new Uint8Array(2_049).subarray(1);
    loose.set(segments[0] as Uint8Array);
    expect(exactlyEqual(codec.decode(bytes, [loose]), new Float64Array(filled(2_048)))).toBe(true);
    expect(() => codec.decode(bytes, [])).toThrow(CorruptDataFault);
    expect(() => codec.decode(bytes, [loose.subarray(0, 2_047)])).toThrow(CorruptDataFault);
  });
});
