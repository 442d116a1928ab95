import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeCbor, Tag } from "../../net/codec/cbor.ts";
import { CorruptDataFault, decodeBatch, encodeBatch, maxWireDepth, ValueCodec } from "../../net/codec/mod.ts";
import { wireTag } from "../../net/codec/wire_tags.ts";
import { sparse } from "./sparse.ts";

const codec = new ValueCodec({ segmentThreshold: 64 });
codec.register<() => void, unknown>({
  tag: 1,
  matches: (value): value is () => void => typeof value === "function",
  encode: (f) => [f.name, { again: f.length }],
  decode: () => () => {},
});
codec.registerErrorClass("RevivedError", class RevivedError extends Error {}, {
  revive: ({ message }) => new RangeError(message),
});

/** Decodes what may be anything: the result is a value or a CorruptDataFault, and the world is as before. */
function decodeSafely(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  const before = Object.getOwnPropertyNames(Object.prototype).length + Object.getOwnPropertyNames(Array.prototype).length;
  try {
    decode(bytes);
  } catch (error) {
    if (!(error instanceof CorruptDataFault)) throw error;
  }
  const after = Object.getOwnPropertyNames(Object.prototype).length + Object.getOwnPropertyNames(Array.prototype).length;
  expect(after).toBe(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

const segments = [new Uint8Array(80), new Uint8Array(64)];
const decoders: [string, (bytes: Uint8Array) => unknown][] = [
  ["a value", (bytes) => codec.decode(bytes, segments)],
  ["a batch", decodeBatch],
];

function samples(): Uint8Array[] {
  const shared = { s: 1 };
  const ring: unknown[] = [shared];
  ring.push(ring);
  let list: unknown = null;
  for (let i = 0; i < 150; i++) list = { list };
  class RevivedError extends Error {}
  const values: unknown[] = [
    { id: 1, name: "plain", list: [1.5, -2, "x", null, undefined, true, 5n] },
    [
      shared,
      shared,
      ring,
      new Map<unknown, unknown>([
        [shared, ring],
        ["k", new Set([1, shared])],
      ]),
    ],
    JSON.parse('{"__proto__":{"polluted":1}}'),
    [-0, 1n << 90n, "\ud800", new Date(5), /a(b)/gi, Object("boxed"), Object(1n << 70n)],
    [new Float64Array(3), new Uint8Array(100), new Uint8Array(70), new ArrayBuffer(5), new DataView(new ArrayBuffer(9))],
    Object.assign(sparse(3, { 0: 1, 2: 3 }), { named: "n" }),
    Object.assign(new TypeError("t", { cause: new AggregateError([new RangeError("r")]) }), {
      polluted: shared,
      shared,
    }),
    [new DOMException("d", "AbortError"), new RevivedError("r", { cause: shared }), shared],
    [function named() {}, () => shared],
    list,
  ];
  return [...values.map((value) => codec.encode(value).bytes), encodeBatch([[3, 12_345, 7, [4, "x", new Uint8Array([1, 2])]], ["text".repeat(40)]])];
}

for (const [what, decode] of decoders) {
  describe(`hostile bytes for ${what}`, () => {
    test("of any content do no harm", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodeSafely(bytes, decode)),
        { numRuns: 3_000 },
      );
    });

    test("that begin like ours do no harm", () => {
      const head = fc.constantFrom(
        0x80,
        0x81,
        0x82,
        0x83,
        0x86,
        0xa1,
        0xa2,
        0xb9,
        0xd9,
        0x9c,
        0x40,
        0x41,
        0x42,
        0x46,
        0x47,
        0x4f,
        0x50,
        0x60,
        0x61,
        0x00,
        0x01,
        0xf6,
        0xf7,
        0xfb,
      );
      const tag = fc.integer({ min: 0x3f, max: 0x52 }).map((low) => [0xd9, 0x9c, low]);
      const tokens = fc.array(
        fc.oneof(
          head.map((byte) => [byte]),
          tag,
          tag,
        ),
        { maxLength: 60 },
      );
      fc.assert(
        fc.property(tokens, (parts) => decodeSafely(Uint8Array.from([0xd9, 0x9c, 0x40, 0x82, ...parts.flat()]), decode)),
        { numRuns: 3_000 },
      );
    });

    const originals = samples();
    test("that were cut short are a fault, at every length", () => {
      for (const original of originals) {
        for (let length = 0; length < original.length; length++) expect(() => decode(original.subarray(0, length))).toThrow(CorruptDataFault);
      }
    });

    test("that were altered, spliced or swapped do no harm", () => {
      const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
      fc.assert(
        fc.property(
          fc.constantFrom(...originals),
          fc.constantFrom(...originals),
          fc.array(change, { minLength: 1, maxLength: 6 }),
          fc.nat(),
          (one, other, changes, cut) => {
            const altered = one.slice();
            for (const [at, byte] of changes) altered[at % altered.length] = byte;
            decodeSafely(altered, decode);
            const at = cut % one.length;
            decodeSafely(Uint8Array.from([...one.subarray(0, at), ...other.subarray(cut % other.length)]), decode);
          },
        ),
        { numRuns: 4_000 },
      );
    });

    test("that nest without end are a fault", () => {
      for (const head of [[0x81], [0xa1, 0x61, 0x61], [0xd9, 0x9c, 0x41], [0xd9, 0x9c, 0x40, 0x81]]) {
        for (const times of [maxWireDepth + 1, 100_000]) {
          const bytes = new Uint8Array(head.length * times + 1).fill(0);
          for (let i = 0; i < times; i++) bytes.set(head, i * head.length);
          expect(() => decode(bytes)).toThrow(CorruptDataFault);
        }
      }
    });

    test("that claim vast lengths are a fault, at once", () => {
      for (const head of [0x5a, 0x7a, 0x9a, 0xba, 0x5b, 0x7b, 0x9b, 0xbb]) {
        expect(() => decode(Uint8Array.from([head, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2]))).toThrow(CorruptDataFault);
        expect(() => decode(Uint8Array.from([0x81, head, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 1, 2]))).toThrow(CorruptDataFault);
      }
    });

    test("with the tags of other CBOR dialects are a fault", () => {
      // Dates, bigints, generic objects, shared references, packed tables, typed arrays, sets, records, bundled strings.
      for (const tag of [0, 1, 2, 4, 6, 14, 27, 28, 29, 51, 64, 86, 225, 258, 259, 28_704, 39_999, 40_017, 0xdff9, 0xdffe, 0xdfff, 0xe000]) {
        const head = tag < 24 ? [0xc0 | tag] : tag < 256 ? [0xd8, tag] : [0xd9, tag >> 8, tag & 0xff];
        expect(() => decode(Uint8Array.from([0x81, ...head, 0x81, 0x61, 0x61]))).toThrow(CorruptDataFault);
      }
    });
  });
}

describe("a small frame", () => {
  test("cannot have a segment copied again and again", () => {
    const segment = new Uint8Array(1_000);
    const naming = (...indices: number[]): Uint8Array => {
      const buffers = indices.map((index) => new Tag([0, index], wireTag.segment));
      return encodeCbor(new Tag([buffers], wireTag.graph));
    };
    expect(codec.decode(naming(0, 1), [segment, segment])).toEqual([segment.buffer, segment.buffer]);
    expect(() => codec.decode(naming(0, 0), [segment, segment])).toThrow(CorruptDataFault);
  });

  test("cannot make large arrays", () => {
    // [length 30,000,000, no items, no names], ten thousand times.
    const one = [0xd9, 0x9c, 0x47, 0x83, 0x1a, 0x01, 0xc9, 0xc3, 0x80, 0x80, 0x80];
    const times = 10_000;
    const bytes = new Uint8Array(7 + one.length * times);
    bytes.set([0xd9, 0x9c, 0x40, 0x81, 0x99, times >> 8, times & 0xff]);
    for (let i = 0; i < times; i++) bytes.set(one, 7 + i * one.length);
    const arrays = codec.decode(bytes, []) as unknown[][];
    expect(arrays.length).toBe(times);
    expect(arrays[0]!.length).toBe(30_000_000);
  });
});
