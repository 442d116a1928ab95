import { describe, expect, test } from "bun:test";
import { createServer, Socket } from "node:net";
import { type Extension, SerializationFault, ValueCodec } from "../../net/codec/mod.ts";
import { sparse } from "./sparse.ts";

function faultOf(value: unknown, codec: ValueCodec = new ValueCodec()): SerializationFault {
  try {
    codec.encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationFault);
    return error as SerializationFault;
  }
  throw new Error("it was encoded");
}

describe("what cannot travel is a fault", () => {
  test("that names the path to it", () => {
    const socket = new Socket();
    expect(faultOf({ items: [1, 2, 3, { socket }] }).path).toBe("value.items[3].socket");
    const f = (): void => {};
    expect(faultOf(f).path).toBe("value");
    expect(faultOf([f]).path).toBe("value[0]");
    expect(faultOf({ "a b": { "": f } }).path).toBe('value["a b"][""]');
    expect(faultOf(new Map<unknown, unknown>([["k", { f }]])).path).toBe('value.get("k").f');
    expect(faultOf(new Map<unknown, unknown>([[5, f]])).path).toBe("value.get(5)");
    expect(faultOf(new Map<unknown, unknown>([[{}, f]])).path).toBe("value.values()[0]");
    expect(faultOf(new Map<unknown, unknown>([[f, 1]])).path).toBe("value.keys()[0]");
    expect(faultOf({ set: new Set([1, f]) }).path).toBe("value.set.values()[1]");
    expect(faultOf(Object.assign(sparse(3, { 0: 1, 2: 2 }), { named: { f } })).path).toBe("value.named.f");
    expect(faultOf(sparse(3, { 0: 1, 2: [f] })).path).toBe("value[2][0]");
    expect(faultOf({ __proto__: null, constructor: { f } }).path).toBe("value.constructor.f");
    expect(
      faultOf(
        new (class Job {
          task = { run: f };
        })(),
      ).path,
    ).toBe("value.task.run");
    expect(faultOf(new AggregateError([0, { f }])).path).toBe("value.errors[1].f");
    socket.destroy();
  });

  test("whose path is short however deep it lies", () => {
    let value: unknown = { end: () => 1 };
    for (let i = 0; i < 50_000; i++) value = { a: value };
    const { path } = faultOf(value);
    expect(path.startsWith("value.a.a")).toBe(true);
    expect(path.endsWith(".a.a.end")).toBe(true);
    expect(path.length).toBeLessThan(200);
  });

  test("a chain of errors or serializers beyond 200", () => {
    const chain = (length: number): Error[] => {
      let last = new Error("0");
      const all = [last];
      for (let i = 1; i < length; i++) all.push((last = new Error(String(i), { cause: Object.assign(last, { all }) })));
      return all.reverse();
    };
    const codec = new ValueCodec();
    const copy = codec.decode(codec.encode(chain(200)).bytes, []) as Error[];
    expect((copy[198]!.cause as Error).message).toBe("0");
    expect(copy[198]!.cause).toBe(copy[199]);
    expect(faultOf(chain(300)).reason).toContain("deeper than 200");
  });

  const refused: [string, unknown][] = [
    ["function", () => 1],
    ["function", class A {}],
    ["symbol", Symbol("s")],
    ["symbol", Object(Symbol("s"))],
    ["Promise", Promise.resolve()],
    ["Promise", new (class Later extends Promise<void> {})(() => {})],
    ["WeakMap", new WeakMap()],
    ["WeakSet", new WeakSet()],
    ["WeakRef", new WeakRef({})],
    ["Blob", new Blob([])],
    ["Blob|File", new File([], "f")],
    ["AbortSignal", new AbortController().signal],
    ["AbortController", new AbortController()],
    ["ReadableStream", new ReadableStream()],
    ["WritableStream", new WritableStream()],
    ["Headers", new Headers()],
    ["Request", new Request("http://localhost")],
    ["Response", new Response("")],
    ["FormData", new FormData()],
    ["URL", new URL("http://localhost")],
    ["URLSearchParams", new URLSearchParams()],
    ["EventTarget", new (class Bus extends EventTarget {})()],
    ["TextEncoder", new TextEncoder()],
    ["NumberFormat", new Intl.NumberFormat("en")],
    ["Generator", (function* () {})()],
    ["AsyncGenerator", (async function* () {})()],
    ["Iterator", [].values()],
    ["Server", createServer()],
  ];
  for (const [name, value] of refused) {
    test(`${name}: ${Object.prototype.toString.call(value)}`, () => {
      const fault = faultOf({ here: value });
      expect(fault.path).toBe("value.here");
      expect(fault.reason).toMatch(new RegExp(name));
      // A reason ends in what to do.
      expect(fault.reason).toMatch(/[;,] .{10,}/);
      expect(fault.message).toBe(`value.here cannot be serialized: ${fault.reason}`);
    });
  }

  test("a message port", () => {
    const { port1, port2 } = new MessageChannel();
    expect(faultOf([port1]).reason).toContain("MessagePort");
    port1.close();
    port2.close();
  });

  test("a buffer that was transferred away", () => {
    const view = new Uint8Array(10);
    structuredClone(view, { transfer: [view.buffer] });
    expect(faultOf({ view }).path).toBe("value.view");
  });

  test("a getter or a serializer that throws, with the cause", () => {
    const boom = new Error("boom");
    const fault = faultOf({
      a: {
        get b(): never {
          throw boom;
        },
      },
    });
    expect(fault.path).toBe("value.a");
    expect(fault.cause).toBe(boom);
  });

  test("after which the codec works as before", () => {
    const codec = new ValueCodec();
    faultOf({ a: "x".repeat(1_000), f: () => 1 }, codec);
    expect(codec.decode(codec.encode({ a: [1] }).bytes, [])).toEqual({ a: [1] });
  });
});

describe("an extension", () => {
  class Ref {
    readonly id: string;
    constructor(id: string) {
      this.id = id;
    }
  }
  interface Met {
    readonly met: string[];
  }
  const refs: Extension<Ref, string, Met | undefined> = {
    tag: 1,
    matches: (value): value is Ref => value instanceof Ref,
    encode(ref, context) {
      context?.met.push(ref.id);
      return ref.id;
    },
    decode(id, context) {
      context?.met.push(id);
      return new Ref(id);
    },
  };

  test("carries its objects at any depth, and gets the caller's context", () => {
    const codec = new ValueCodec<Met | undefined>({ extensions: [refs] });
    const ref = new Ref("a");
    const [out, back]: Met[] = [{ met: [] }, { met: [] }];
    const { bytes } = codec.encode([ref, new Map([[ref, { deep: new Ref("b") }]])], out);
    const copy = codec.decode(bytes, [], back) as [Ref, Map<Ref, { deep: Ref }>];
    expect(copy[0]).toBeInstanceOf(Ref);
    expect([...copy[1].keys()][0]).toBe(copy[0]);
    expect([...copy[1].values()][0]!.deep.id).toBe("b");
    expect(out!.met).toEqual(["a", "b"]);
    expect(back!.met).toEqual(["a", "b"]);
  });

  test("may take functions and errors, and is not asked about plain data", () => {
    const asked: unknown[] = [];
    const codec = new ValueCodec();
    codec.register<() => number, string>({
      tag: 7,
      matches: (value): value is () => number => asked.push(value) > 0 && typeof value === "function",
      encode: (value) => String(value()),
      decode: (wire) => () => Number(wire),
    });
    const f = (): number => 5;
    const error = new Error("e");
    const copy = codec.decode(codec.encode({ f, list: [new Map(), new Date(), new Uint8Array(2), Object.create(null)], error }).bytes, []) as {
      f(): number;
    };
    expect(copy.f()).toBe(5);
    expect(asked).toEqual([f, error]);
    expect(() => codec.register({ tag: 7 } as Extension)).toThrow(RangeError);
  });

  class Tree {
    readonly name: string;
    parent: unknown;
    children: unknown;
    constructor(name: string, parent: unknown, children: unknown) {
      this.name = name;
      this.parent = parent;
      this.children = children;
    }
  }
  const trees = (pick: (tree: Tree) => unknown): Extension<Tree> => ({
    tag: 2,
    matches: (value): value is Tree => value instanceof Tree,
    encode: pick,
    decode: (wire) => {
      const { name, parent, children } = wire as Tree;
      return new Tree(name, parent, children);
    },
  });

  test("gets its wire complete, however deep that is", () => {
    const codec = new ValueCodec({ extensions: [trees(({ name, children }) => ({ name, children }))] });
    let chain: unknown = null;
    for (let i = 0; i < 1_000; i++) chain = { next: chain };
    const seen: number[] = [];
    codec.register<Set<never> & { depth: number }, unknown>({
      tag: 3,
      matches: (value): value is Set<never> & { depth: number } => (value as { depth?: number }).depth !== undefined,
      encode: () => chain,
      decode: (wire) => {
        let depth = 0;
        for (let node = wire as { next: unknown } | null; node; node = node.next as typeof node) depth++;
        seen.push(depth);
        return { depth } as never;
      },
    });
    class Probe {
      depth = 1;
    }
    codec.decode(codec.encode([new Tree("t", null, [new Probe()])]).bytes, []);
    expect(seen).toEqual([1_000]);
  });

  test("whose wire leads back to a container around it gets that container", () => {
    const codec = new ValueCodec({ extensions: [trees(({ name, parent, children }) => ({ name, parent, children }))] });
    const holder: { list: Tree[] } = { list: [] };
    holder.list.push(new Tree("a", holder, []));
    const copy = codec.decode(codec.encode(holder).bytes, []) as typeof holder;
    expect(copy.list[0]!.parent).toBe(copy);
  });

  test("whose wire leads back to the object itself is a fault", () => {
    const codec = new ValueCodec({ extensions: [trees(({ name, parent, children }) => ({ name, parent, children }))] });
    const root = new Tree("root", null, []);
    root.children = [new Tree("leaf", root, [])];
    expect(faultOf({ root }, codec).path).toBe("value.root.children[0].parent");
  });

  test("that throws is a fault with the cause", () => {
    const boom = new Error("boom");
    const codec = new ValueCodec({
      extensions: [
        trees(() => {
          throw boom;
        }),
      ],
    });
    const fault = faultOf([new Tree("a", 1, 2)], codec);
    expect(fault.path).toBe("value[0]");
    expect(fault.cause).toBe(boom);
  });

  test("that throws while decoding is heard as it is", () => {
    const boom = new RangeError("boom");
    const codec = new ValueCodec();
    codec.register<Tree, number>({
      tag: 1,
      matches: (value): value is Tree => value instanceof Tree,
      encode: () => 1,
      decode: () => {
        throw boom;
      },
    });
    const { bytes } = codec.encode([new Tree("a", 1, 2)]);
    expect(() => codec.decode(bytes, [])).toThrow(boom);
  });

  test("that the other side lacks is a fault there", () => {
    const { bytes } = new ValueCodec({ extensions: [trees(() => 1)] }).encode(new Tree("a", 1, 2));
    expect(() => new ValueCodec().decode(bytes, [])).toThrow("extension 2, which is not registered here");
  });
});
