import { describe, expect, test } from "bun:test";
import { ErrorRegistry, SerializationFault, ValueCodec } from "../../net/codec/mod.ts";

const codec = new ValueCodec();

function roundTrip<T>(value: T, through: ValueCodec = codec): T {
  const { bytes, segments } = through.encode(value);
  return through.decode(bytes, segments) as T;
}

describe("an error comes back whole", () => {
  for (const errorClass of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    test(`as an instance of ${errorClass.name}`, () => {
      const error = new errorClass("out of \ud800 range");
      const copy = roundTrip({ error }).error;
      expect(Object.getPrototypeOf(copy)).toBe(errorClass.prototype);
      expect(copy.message).toBe(error.message);
      expect(copy.stack).toBe(error.stack!);
      expect(copy.name).toBe(errorClass.name);
      expect(String(copy)).toBe(String(error));
      expect(Object.keys(copy)).toEqual([]);
      expect("cause" in copy).toBe(false);
    });
  }

  test("with its own fields, its name, and a chain of causes", () => {
    const error = Object.assign(new TypeError("a", { cause: new RangeError("b", { cause: { deep: [1n] } }) }), {
      code: "E_A",
      list: new Set([1]),
    });
    const copy = roundTrip(error) as TypeError & { code: string; list: Set<number>; cause: RangeError };
    expect(copy.code).toBe("E_A");
    expect(copy.list).toEqual(new Set([1]));
    expect(copy.cause).toBeInstanceOf(RangeError);
    expect(copy.cause.cause).toEqual({ deep: [1n] });
    expect(Object.keys(copy)).toEqual(["code", "list"]);
    const named = new Error("x");
    named.name = "Special";
    expect(String(roundTrip(named))).toBe("Special: x");
    expect(Object.hasOwn(roundTrip(new Error()), "message")).toBe(false);
    expect(roundTrip(new Error("x", { cause: undefined }))).toHaveProperty("cause", undefined);
  });

  test("an AggregateError with its errors, a DOMException with its code", () => {
    const aggregate = roundTrip(new AggregateError([new TypeError("a"), 5], "many"));
    expect(aggregate).toBeInstanceOf(AggregateError);
    expect(aggregate.errors[0]).toBeInstanceOf(TypeError);
    expect(aggregate.errors[1]).toBe(5);
    expect(Object.keys(aggregate)).toEqual([]);
    const exception = roundTrip(new DOMException("stop", "AbortError"));
    expect(exception).toBeInstanceOf(DOMException);
    expect(exception.name).toBe("AbortError");
    expect(exception.message).toBe("stop");
    expect(exception.code).toBe(20);
  });

  test("a class that the other side lacks keeps its name, under its nearest known base", () => {
    class OrderError extends RangeError {
      readonly order = 7;
    }
    class LateOrderError extends OrderError {
      override name = "LateOrderError";
    }
    const [first, second] = [roundTrip(new LateOrderError("late")), roundTrip(new LateOrderError("later"))];
    expect(first).toBeInstanceOf(RangeError);
    expect(first).not.toBeInstanceOf(LateOrderError);
    expect(first.constructor.name).toBe("LateOrderError");
    expect(first.constructor).toBe(second.constructor);
    expect(first.name).toBe("LateOrderError");
    expect(first.order).toBe(7);
    expect(roundTrip(new OrderError("x")).name).toBe("RangeError");
    class Inherits extends Error {}
    Inherits.prototype.name = "Inherited";
    expect(roundTrip(new Inherits("x")).name).toBe("Inherited");
  });

  test("sharing and cycles are kept", () => {
    const error = new Error("self") as Error & { self: unknown };
    error.self = error;
    error.cause = [error];
    const copy = roundTrip([error, error]);
    expect(copy[0]).toBe(copy[1]!);
    expect(copy[0]!.self).toBe(copy[0]);
    expect((copy[0]!.cause as unknown[])[0]).toBe(copy[0]);
  });

  test("a hostile field name changes no prototype", () => {
    const error = new Error("x");
    Object.defineProperty(error, "__proto__", { value: { polluted: 1 }, enumerable: true });
    const copy = roundTrip(error);
    expect(Object.getPrototypeOf(copy)).toBe(Error.prototype);
    expect(Object.keys(copy)).toEqual(["__proto__"]);
  });
});

describe("a registered error class", () => {
  class BaseError extends Error {
    readonly code: string = "BASE";
    constructor(message: string, options: ErrorOptions & { node: string }) {
      super(message, options);
      this.node = options.node;
    }
    readonly node: string;
  }
  class LostError extends BaseError {
    override readonly code: string = "LOST";
  }

  test("comes back as itself without its constructor being run, below its bases", () => {
    const own = new ValueCodec();
    own.registerErrorClass("BaseError", BaseError);
    own.registerErrorClass("mobula.LostError", LostError);
    const copy = roundTrip(new LostError("gone", { node: "n1", cause: new TypeError("why") }), own);
    expect(Object.getPrototypeOf(copy)).toBe(LostError.prototype);
    expect(copy.code).toBe("LOST");
    expect(copy.node).toBe("n1");
    expect(copy.message).toBe("gone");
    expect(copy.cause).toBeInstanceOf(TypeError);
    class Deeper extends LostError {}
    const deeper = roundTrip(new Deeper("x", { node: "n2" }), own);
    expect(deeper).toBeInstanceOf(LostError);
    expect(deeper.constructor.name).toBe("Deeper");
  });

  test("may revive itself, and registries can be shared", () => {
    class Sealed extends Error {
      readonly #secret: number;
      constructor(secret: number) {
        super("sealed");
        this.#secret = secret;
        Object.defineProperty(this, "public", { value: secret, enumerable: true });
      }
      get secret(): number {
        return this.#secret;
      }
    }
    const errors = new ErrorRegistry();
    errors.register("Sealed", Sealed, { revive: ({ fields }) => new Sealed(fields["public"] as number) });
    const copy = roundTrip({ list: [new Sealed(42)] }, new ValueCodec({ errors })).list[0]!;
    expect(copy).toBeInstanceOf(Sealed);
    expect(copy.secret).toBe(42);
  });
});

test("classes that are made for errors are kept for the next ones, but not under names without bound", () => {
  const classOf = (name: string): unknown => codec.errors.create([name], { name, message: "" }).constructor;
  expect(classOf("QuotaError")).toBe(classOf("QuotaError"));
  const long = "Q".repeat(10_000);
  expect(classOf(long)).not.toBe(classOf(long));
  expect((classOf(long) as { name: string }).name).toBe(long);
});

describe("an error with a field that cannot travel", () => {
  const error = new Error("down", {
    cause: Object.assign(new Error("inner"), { request: { send: () => 1, when: new Date(0) }, code: 5 }),
  });

  test("is a fault that names the field", () => {
    expect(() => codec.encode({ error })).toThrow("value.error.cause.request.send cannot be serialized");
  });

  test("travels without it where errors are lenient", () => {
    const lenient = new ValueCodec({ lenientErrors: true });
    const shared = { a: 1 };
    const value = [Object.assign(error, { ok: shared }), shared, Object.assign(new Error("x"), { shared, bad: { shared, f() {} } }), shared];
    const copy = roundTrip(value, lenient) as [
      Error & { ok: unknown; cause: Error & { request: string; code: number } },
      unknown,
      Error & { shared: unknown; bad: string },
      unknown,
    ];
    expect(copy[0].cause.message).toBe("inner");
    expect(copy[0].cause.code).toBe(5);
    expect(copy[0].cause.request).toContain("value[0].cause.request.send cannot be serialized: a function");
    expect(copy[0].ok).toBe(copy[1]);
    expect(copy[2].shared).toBe(copy[3]);
    expect(typeof copy[2].bad).toBe("string");
    expect(() => lenient.encode({ f() {} })).toThrow(SerializationFault);
  });

  test("forgets what it met in the part that is left out", () => {
    const lenient = new ValueCodec({ lenientErrors: true });
    const inside = { n: 1, big: new Uint8Array(200_000) };
    const ring: unknown[] = [inside];
    ring.push(ring);
    const value = [Object.assign(new Error("x"), { bad: [inside, ring, () => 1] }), inside, ring];
    const copy = roundTrip(value, lenient) as unknown as [Error, unknown, unknown[]];
    expect(copy[1]).toEqual(inside);
    expect(copy[2][0]).toBe(copy[1]);
    expect(copy[2][1]).toBe(copy[2]);
  });
});
