import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ValueCodec } from "../../net/codec/mod.ts";
import { exactlyEqual } from "./exactly_equal.ts";
import { sparse } from "./sparse.ts";

const codec = new ValueCodec();

function roundTrip<T>(value: T): T {
  const { bytes, segments } = codec.encode(value);
  return codec.decode(bytes, segments) as T;
}

function expectExact(value: unknown): void {
  expect(exactlyEqual(value, roundTrip(value))).toBe(true);
}

/** Any sequence of UTF-16 code units, well-formed or not. */
const anyString = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 60, maxLength: 300 }).map((text) => `\ufeff${text}`),
);

const scalar = fc.oneof(
  anyString,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(1n << 200n), max: 1n << 200n }),
  fc.boolean(),
  fc.constantFrom(
    null,
    undefined,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32),
    -(2 ** 32) - 1,
    2 ** 53,
    (1n << 64n) - 1n,
    1n << 64n,
    -(1n << 64n),
    1n - (1n << 64n),
  ),
);

const anyValue = fc.oneof(
  fc.anything({
    key: fc.oneof(anyString, fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "toString", "length", "1", "-1", "")),
    values: [scalar],
    maxDepth: 4,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.json().map((text) => JSON.parse(text) as unknown),
);

describe("a value comes back exactly", () => {
  test("whatever it is made of", () => {
    fc.assert(
      fc.property(anyValue, (value) => exactlyEqual(value, roundTrip(value))),
      { numRuns: 1_500 },
    );
  });

  test("whatever refers to whatever inside it", () => {
    const graph = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.array(fc.nat({ max: 15 }), { maxLength: 6 })), {
      minLength: 1,
      maxLength: 16,
    });
    const build = (plan: [number, number[]][]): unknown => {
      const nodes: unknown[] = plan.map(([kind]) => [{}, [], new Map(), new Set(), Object.assign([], { named: 1 })][kind]);
      plan.forEach(([, edges], i) => {
        const node = nodes[i];
        edges.forEach((edge, n) => {
          const target = edge < nodes.length ? nodes[edge] : edge;
          if (node instanceof Map) node.set(n % 2 ? target : n, target);
          else if (node instanceof Set) node.add(target);
          else if (Array.isArray(node)) node.push(target);
          else (node as Record<string, unknown>)[`k${n}`] = target;
        });
      });
      return nodes[0];
    };
    fc.assert(
      fc.property(graph, (plan) => {
        const value = build(plan);
        return exactlyEqual(value, roundTrip(value));
      }),
      { numRuns: 1_000 },
    );
  });

  test("numbers to the bit", () => {
    for (const value of [
      0,
      -0,
      NaN,
      Infinity,
      -Infinity,
      23,
      24,
      255,
      256,
      65_535,
      65_536,
      2 ** 31,
      2 ** 32,
      -1,
      -24,
      -25,
      -(2 ** 31),
      -(2 ** 32),
      1.5,
      Number.MIN_VALUE,
      Number.MAX_VALUE,
    ]) {
      expectExact(value);
      expectExact([value]);
      expectExact({ value });
    }
  });

  test("bigints of any size", () => {
    for (const value of [0n, -1n, 1n << 63n, -(1n << 63n), 1n << 64n, -(1n << 64n), 1n << 100_000n, -(7n ** 9_999n)]) expectExact({ value });
  });

  test("strings with lone surrogates, byte order marks, and long ones", () => {
    for (const value of [
      "",
      "\ud800",
      "a\udc00b",
      "\ud83d\ude00",
      "\ufeffabc",
      `\ufeff${"x".repeat(100)}`,
      "é".repeat(5_000),
      "\ud800".repeat(20_000),
      "x".repeat(200_000),
    ]) {
      expectExact(value);
      expectExact({ [value]: value });
    }
  });

  test("boxed primitives, dates, regular expressions", () => {
    expectExact([
      new Number(-0),
      new String("\ud800"),
      new Boolean(false),
      Object(5n),
      new Date(0),
      new Date(NaN),
      new Date(-8.64e15),
      /a\/b/giu,
      /(?<x>.)/dy,
    ]);
    const used = /a/g;
    used.lastIndex = 3;
    expect(roundTrip(used).lastIndex).toBe(0);
  });

  test("maps and sets with keys of any kind", () => {
    const key = { a: 1 };
    expectExact(
      new Map<unknown, unknown>([
        [key, key],
        [NaN, -0],
        ["x", new Map([[[], new Set([key])]])],
      ]),
    );
    expectExact(new Set<unknown>([key, [key], undefined, null]));
  });

  test("arrays with holes and named properties, however long", () => {
    expectExact(sparse(3, { 0: 1, 2: 3 }));
    expectExact(sparse(2, { 1: undefined }));
    expectExact(Object.assign([1, 2], { tag: "x", deep: { a: [] } }));
    expectExact(Object.assign(sparse(3, { 0: 1, 2: 3 }), { one: 1 }));
    expectExact("abc".match(/(?<first>.)b/));
    expectExact(
      Object.assign(
        Array.from({ length: 2_000 }, (_, i) => i),
        { columns: ["a"] },
      ),
    );
    for (const length of [40, 1_000_000, 30_000_000, 2 ** 32 - 1]) {
      const sparse: unknown[] = [];
      sparse[5] = "x";
      sparse.length = length;
      expectExact(sparse);
    }
  });

  test("objects keep the order of their keys, whatever the keys", () => {
    expectExact({ b: 1, a: 2, 10: 3, 9: 4, "": 5, "a b": 6 });
    expectExact(Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])));
    const keys = ["constructor", "hasOwnProperty", "toString", "then", "toJSON", "valueOf"];
    expectExact(Object.fromEntries(keys.map((key, i) => [key, i])));
    expectExact(Object.fromEntries(keys.map((key) => [key, { [key]: null }])));
  });

  test("an own __proto__ key stays a key, and no prototype changes", () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"b":{"__proto__":2}}');
    const copy = roundTrip(value);
    expect(Object.keys(copy)).toEqual(["__proto__", "b"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy.polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("objects without a prototype come back as plain ones, class instances as their own fields", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(Object.getPrototypeOf(roundTrip(bare))).toBe(Object.prototype);
    class Point {
      x = 1;
      y = { z: 2 };
      #hidden = 3;
      get sum(): number {
        return this.x + this.#hidden;
      }
    }
    expect(exactlyEqual(roundTrip(new Point()), { x: 1, y: { z: 2 } })).toBe(true);
    class List extends Array<unknown> {}
    expect(exactlyEqual(roundTrip(Object.assign(new List(), [1, 2])), [1, 2])).toBe(true);
    class Index extends Map<unknown, unknown> {}
    expect(exactlyEqual(roundTrip(new Index([[1, 2]])), new Map([[1, 2]]))).toBe(true);
  });

  test("getters are read, once", () => {
    let reads = 0;
    const value = {
      get n(): number {
        return ++reads;
      },
      when: new Date(0),
    };
    expect(roundTrip(value)).toEqual({ n: 1, when: new Date(0) });
    expect(reads).toBe(1);
  });

  test("a getter that encodes in turn disturbs nothing", () => {
    const value = {
      before: "x".repeat(50),
      get inner(): number {
        return codec.encode({ big: "y".repeat(20_000) }).bytes.length;
      },
      after: [1, 2, 3],
    };
    expect(roundTrip(value)).toEqual({ before: "x".repeat(50), inner: value.inner, after: [1, 2, 3] });
  });

  test("linked lists of any length", () => {
    const length = 100_000;
    let list: { next: unknown; n: number } = { next: null, n: 0 };
    const first = list;
    for (let n = 1; n < length; n++) list = { next: list, n };
    first.next = list;
    const copy = roundTrip(list);
    let node = copy;
    for (let n = length - 1; n >= 0; n--) {
      if (node.n !== n) throw new Error(`node ${n} is ${node.n}`);
      node = node.next as typeof node;
    }
    expect(node).toBe(copy);
  });

  test("deep nests of every container", () => {
    for (const wrap of [(v: unknown) => [v], (v: unknown) => new Map([[v, v]]), (v: unknown) => new Set([v]), (v: unknown) => ({ v, again: v })]) {
      let value: unknown = { end: new Date(1) };
      for (let i = 0; i < 1_000; i++) value = wrap(value);
      let copy = roundTrip(value);
      for (let i = 0; i < 1_000; i++)
        copy =
          copy instanceof Map
            ? copy.keys().next().value
            : copy instanceof Set
              ? copy.values().next().value
              : Array.isArray(copy)
                ? copy[0]
                : (copy as { v: unknown }).v;
      expect(copy).toEqual({ end: new Date(1) });
    }
  });

  test("a value is as it was at the call", () => {
    const value = { list: [1], bytes: new Uint8Array([1, 2]) };
    const { bytes } = codec.encode(value);
    value.list.push(2);
    value.bytes[0] = 9;
    codec.encode({ other: "z".repeat(3_000) });
    expect(codec.decode(bytes, [])).toEqual({ list: [1], bytes: new Uint8Array([1, 2]) });
  });

  test("the bytes are the caller's, and decoding leaves them alone", () => {
    const { bytes } = codec.encode({ b: new Uint8Array([1, 2, 3]) });
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    const first = codec.decode(bytes, []) as { b: Uint8Array };
    first.b[0] = 99;
    expect(codec.decode(bytes, [])).toEqual({ b: new Uint8Array([1, 2, 3]) });
    expect(Object.keys(bytes).length).toBe(bytes.length);
  });

  test("from shared memory too", () => {
    for (const value of [{ a: ["x".repeat(100), new Uint8Array([7])] }, { text: "é".repeat(5_000), n: [1.5] }]) {
      const { bytes } = codec.encode(value);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
      shared.set(bytes);
      expect(codec.decode(shared, [])).toEqual(value);
    }
  });
});
