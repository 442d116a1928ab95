import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  type ActorHandle,
  deregisterSerializer,
  free,
  get,
  init,
  ObjectFreedError,
  type ObjectRef,
  put,
  registerSerializer,
  remote,
  SerializationError,
  shutdown,
  TaskError,
  wait,
} from "../../mod.ts";
import { exactlyEqual } from "../net/exactly_equal.ts";
import { rejection, rejectionText } from "../rejection.ts";
import { Point, Secret } from "./point.ts";
import { MIB } from "./store.ts";

beforeAll(() => init({ numCpus: 2, objectStoreMemory: 64 * MIB, spillDirectory: mkdtempSync(join(tmpdir(), "mobula-values-")) }));
afterAll(() => shutdown());

const echo = remote((value: unknown) => value);
const echoEach = remote((...values: unknown[]) => values, { numReturns: 2 });

class Box {
  kept: unknown;
  keep(value: unknown): void {
    this.kept = value;
  }
  read(): unknown {
    return this.kept;
  }
}
const BoxActor = remote(Box);

/** The value after `put`, `get`, and a way through a worker. */
async function roundTrips(value: unknown): Promise<unknown[]> {
  const ref = put(value);
  return [
    await get(ref),
    await get(echo.remote(value)),
    await get(echo.remote(ref)),
    ((await get(echo.remote({ value }))) as { value: unknown }).value,
  ];
}

function sample(): Record<string, unknown> {
  const cycle: Record<string, unknown> = { name: "cycle" };
  cycle["self"] = cycle;
  const float16 = (globalThis as { Float16Array?: new (of: number[]) => ArrayBufferView }).Float16Array;
  return {
    primitives: [undefined, null, true, 0, -0, NaN, Infinity, -1.5, 2 ** 53, 10n ** 40n, -5n, "text", "\u{1F600}\ud800"],
    date: new Date(5),
    regexp: /a+b/giu,
    map: new Map<unknown, unknown>([
      ["a", 1],
      [{ k: 1 }, [2]],
    ]),
    set: new Set([1, "two", null]),
    sparse: [1, , 3],
    cycle,
    arrays: [
      new Uint8Array([1, 2]),
      new Uint8ClampedArray([300]),
      new Int8Array([-1]),
      new Uint16Array([9]),
      new Int16Array([-9]),
      new Uint32Array([7]),
      new Int32Array([-7]),
      new Float32Array([1.5]),
      new Float64Array([NaN, -0]),
      new BigInt64Array([-1n]),
      new BigUint64Array([1n]),
    ],
    float16: float16 === undefined ? undefined : new float16([1.5]),
    view: new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2),
    buffer: new Uint8Array([4, 5]).buffer,
    boxed: [new Number(3), new String("s"), new Boolean(false), Object(7n)],
    ["__proto__x"]: 1,
  };
}

describe("values", () => {
  test("all that structured clone carries comes back equal, by put and through a task", async () => {
    const value = sample();
    for (const back of await roundTrips(value)) {
      expect(exactlyEqual(back, value)).toBe(true);
      const read = back as ReturnType<typeof sample> & {
        cycle: { self: unknown };
        sparse: unknown[];
        primitives: unknown[];
      };
      expect(read.cycle.self).toBe(read.cycle);
      expect(1 in read.sparse).toBe(false);
      expect(Object.is(read.primitives[4], -0)).toBe(true);
    }
    expect(await get(echo.remote(JSON.parse('{"__proto__": {"polluted": 1}}')))).toEqual(JSON.parse('{"__proto__": {"polluted": 1}}'));
    expect(({} as { polluted?: number }).polluted).toBe(undefined);
  });

  test("any nested value comes back equal through a task, refs and handles inside working", async () => {
    const actor = BoxActor.remote();
    const leaf = fc.oneof(
      fc.string(),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 5 }),
        fc.dictionary(fc.string(), tie("tree"), { maxKeys: 5 }),
        fc.array(fc.tuple(fc.string(), tie("tree")), { maxLength: 4 }).map((rows) => new Map(rows)),
        fc.array(fc.integer()).map((items) => new Set(items)),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, fc.array(fc.integer(), { maxLength: 3 }), async (value, numbers) => {
        const refs = numbers.map((n) => put(n));
        const back = (await get(echo.remote({ value, refs, actor }))) as {
          value: unknown;
          refs: ObjectRef<number>[];
          actor: ActorHandle<Box>;
        };
        expect(back.value).toEqual(value);
        expect(await get(back.refs)).toEqual(numbers);
        expect(back.refs.map((ref) => ref.id)).toEqual(refs.map((ref) => ref.id));
        expect(await get(back.actor.__ready__.remote())).toBe(true as never);
      }),
      { numRuns: 60 },
    );
  });

  test("put keeps the value as it is at the call", async () => {
    const value = { list: [1], bytes: new Uint8Array(200_000).fill(1) };
    const ref = put(value);
    const task = echo.remote(value);
    value.list.push(2);
    value.bytes.fill(9);
    for (const back of [await get(ref), (await get(task)) as typeof value]) {
      expect(back.list).toEqual([1]);
      expect(back.bytes[100]).toBe(1);
    }
  });

  test("put of a ref is a TypeError", () => {
    expect(() => put(put(1))).toThrow(TypeError);
  });

  test("what cannot travel is named by its path: in put, arguments and results", async () => {
    const bad = { a: [0, { b: new WeakMap() }] };
    expect(() => put(bad)).toThrow(SerializationError);
    expect(() => put(bad)).toThrow(/a\[1\]\.b/);
    expect(() => echo.remote(bad)).toThrow(/a\[1\]\.b/);
    expect(() => (echo.remote as (...values: unknown[]) => unknown)(put(1), bad)).toThrow(/a\[1\]\.b/);
    const returnsBad = remote(() => ({ inner: { weak: new WeakSet() } }), { name: "returnsBad" });
    const error = (await get(returnsBad.remote()).catch((error: unknown) => error)) as TaskError;
    expect(error).toBeInstanceOf(TaskError);
    expect(error.functionName).toBe("returnsBad");
    expect(error.cause).toBeInstanceOf(SerializationError);
    expect((error.cause as SerializationError).message).toMatch(/inner\.weak/);
    const second = remote(() => [1, { weak: new WeakSet() }], { numReturns: 2 });
    for (const ref of second.remote()) expect(await rejectionText(get(ref))).toMatch(/weak/);
    expect(await get(echo.remote(1))).toBe(1);
  });

  test("errors come whole: class, fields, cause, aggregates, the remote stack", async () => {
    const make = remote(() => {
      class Odd extends RangeError {
        override name = "Odd";
        code = 7;
      }
      const inner = new TypeError("inner", { cause: { why: "deep" } });
      return [new AggregateError([inner, new Odd("odd")], "many"), Object.assign(new Error("plain", { cause: inner }), { field: [1] })];
    });
    const [many, plain] = (await get(make.remote())) as [AggregateError, Error & { field: number[] }];
    expect(many).toBeInstanceOf(AggregateError);
    expect(many.errors[0]).toBeInstanceOf(TypeError);
    expect((many.errors[0].cause as { why: string }).why).toBe("deep");
    expect(many.errors[1]).toMatchObject({ name: "Odd", code: 7, message: "odd" });
    expect(many.errors[1]).toBeInstanceOf(Error);
    expect(plain.field).toEqual([1]);
    expect((plain.cause as Error).message).toBe("inner");
    const deepThrow = remote(() => {
      function failingHelper(): never {
        throw new SyntaxError("far away");
      }
      failingHelper();
    });
    const error = (await get(deepThrow.remote()).catch((error: unknown) => error)) as TaskError;
    expect(error.cause).toBeInstanceOf(SyntaxError);
    expect((error.cause as Error).stack).toContain("failingHelper");
  });

  test("a big string and a big plain object travel by shared memory", async () => {
    const text = "päinvastoin".repeat(60_000);
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ id: i, name: `row ${i}` }));
    for (const back of await roundTrips(text)) expect(back === text).toBe(true);
    for (const back of await roundTrips(rows)) expect(back).toEqual(rows);
  });

  test("classes with a registered serializer travel as themselves, and not after it is taken back", async () => {
    const far = remote((p: Point) => new Point(p.x + 1, p.y + p.length()));
    const back = await get(far.remote(new Point(3, 4)));
    expect(back).toBeInstanceOf(Point);
    expect(back).toEqual(new Point(4, 9));
    const [inside] = (await get(put([new Point(1, 2)]))) as [Point];
    expect(inside.length()).toBeCloseTo(Math.sqrt(5));
    class Local {
      #secret = 1;
      read(): number {
        return this.#secret;
      }
    }
    registerSerializer(Local, { serialize: (value) => value.read(), deserialize: () => new Local() });
    expect((await get(put(new Local()))).read()).toBe(1);
    deregisterSerializer(Local);
    expect((await get(put(new Local()))) as unknown).not.toBeInstanceOf(Local);
    expect(() => put(new Secret())).toThrow(/this one stays/);
  });
});

describe("large arrays", () => {
  test("are shared in the driver and in a task, without a copy between two gets", async () => {
    const ref = put(new Float64Array(50_000).fill(2));
    const first = await get(ref);
    const second = await get(ref);
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(first.buffer === second.buffer && first.byteOffset === second.byteOffset).toBe(true);
    first[0] = 5;
    const look = remote((array: Float64Array) => ({
      shared: array.buffer instanceof SharedArrayBuffer,
      first: array[0],
      length: array.length,
    }));
    expect(await get(look.remote(ref))).toEqual({ shared: true, first: 5, length: 50_000 });
    expect(second[0]).toBe(5);
    const copy = structuredClone(first.slice());
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test("several in one value, of every kind, keep their kinds; small ones are private", async () => {
    const value = {
      a: new Float32Array(40_000).fill(1.5),
      b: new BigInt64Array(20_000).fill(-3n),
      c: new DataView(new Uint8Array(150_000).fill(6).buffer, 8, 149_000),
      d: new Uint8Array(200_000).fill(4).subarray(3),
      small: new Uint8Array(10).fill(1),
    };
    for (const back of (await roundTrips(value)) as (typeof value)[]) {
      expect([back.a.length, back.a[9], back.b[9], back.c.getUint8(9), back.c.byteLength, back.d.length, back.d[0]]).toEqual([
        40_000,
        1.5,
        -3n,
        6,
        149_000,
        199_997,
        4,
      ]);
      expect(back.a.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(back.d.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(back.small).toEqual(value.small);
      expect(back.small.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });
});

describe("refs in values", () => {
  test("go by put, argument, result and actor state, to any depth", async () => {
    const inner = put(new Uint8Array(150_000).fill(7));
    const outer = put({ list: [put({ inner })] });
    const dig = remote(async (box: { list: ObjectRef<{ inner: ObjectRef<Uint8Array> }>[] }) => {
      const { inner } = await get(box.list[0]!);
      return [inner, (await get(inner))[5]] as const;
    });
    const [back, byte] = await get(dig.remote(outer));
    expect(byte).toBe(7);
    expect(back.id).toBe(inner.id);
    const box = BoxActor.remote();
    await get(box.keep.remote([inner]));
    const [held] = (await get(box.read.remote())) as [ObjectRef<Uint8Array>];
    expect((await get(held))[0]).toBe(7);
  });

  test("a ref that a task returns is a ref to its ref", async () => {
    const indirect = remote(() => [put("inside"), echoInner.remote(3)] as const);
    const echoInner = remote((x: number) => x * 2);
    const [text, pending] = await get(indirect.remote());
    expect(await get(text)).toBe("inside");
    expect(await get(pending)).toBe(6);
    const [ready] = await wait([text, pending], { numReturns: 2 });
    expect(ready).toHaveLength(2);
  });

  test("both of several returns may hold refs", async () => {
    const [a, b] = echoEach.remote(put(1), { ref: put(2) });
    expect(await get(a)).toBe(1 as never);
    expect(await get(((await get(b)) as { ref: ObjectRef<number> }).ref)).toBe(2);
  });
});

describe("free", () => {
  test("drops a value for every holder: small, large, pending", async () => {
    const box = BoxActor.remote();
    for (const value of [{ small: 1 }, new Uint8Array(200_000)]) {
      const ref = put(value);
      await get(box.keep.remote([ref]));
      const read = remote(async (to: ActorHandle<Box>) => {
        const [ref] = (await get(to.read.remote())) as [ObjectRef<unknown>];
        return await get(ref).then(
          () => "there",
          (error: Error) => error.name,
        );
      });
      expect(await get(read.remote(box))).toBe("there");
      free(ref);
      expect(await rejection(get(ref))).toBeInstanceOf(ObjectFreedError);
      // Others hear of it by way of the object manager.
      let heard = "there";
      while (heard === "there") heard = await get(read.remote(box));
      expect(heard).toBe("ObjectFreedError");
      expect(await rejectionText(get(echo.remote(ref)))).toMatch(/free/);
    }
    const pending = echo.remote("late");
    free([pending]);
    expect(await rejection(get(pending))).toBeInstanceOf(ObjectFreedError);
    const large = remote(() => new Uint8Array(200_000)).remote();
    free(large);
    expect(await rejection(get(large))).toBeInstanceOf(ObjectFreedError);
  });
});
