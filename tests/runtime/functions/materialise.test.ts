import { describe, expect, test } from "bun:test";
import {
  analyseValue,
  type Binding,
  type Callable,
  type Definition,
  FunctionNotFoundFault,
  Materialiser,
  materialise,
} from "../../../runtime/functions/mod.ts";

const resolveBinding = (binding: Binding): unknown => `value of ${binding.name}`;

async function roundTrip(fn: Callable): Promise<any> {
  return materialise(analyseValue(fn), { resolveBinding });
}

function source(text: string, bindings: readonly Binding[] = [], name = "f"): Definition {
  return { kind: "source", name, source: text, bindings, url: "file:///app/main.ts", line: 12 };
}

describe("every form of function", () => {
  test("works after the journey as before", async () => {
    expect((await roundTrip((x: number) => x + 1))(1)).toBe(2);
    expect(await (await roundTrip(async (x: number) => x + 1))(1)).toBe(2);
    expect([
      ...(
        await roundTrip(function* (n: number) {
          for (let i = 0; i < n; i++) yield i;
        })
      )(3),
    ]).toEqual([0, 1, 2]);
    expect(
      (
        await roundTrip(function fact(n: number): number {
          return n < 2 ? 1 : n * fact(n - 1);
        })
      )(5),
    ).toBe(120);
    expect(
      (
        await roundTrip(function (this: { k: number }) {
          return this.k;
        })
      ).call({ k: 3 }),
    ).toBe(3);
    expect(
      (
        await roundTrip(
          {
            double(x: number) {
              return x * 2;
            },
          }.double,
        )
      )(4),
    ).toBe(8);
    const each = await roundTrip(
      {
        async *each(xs: number[]) {
          yield* xs;
        },
      }.each,
    );
    expect((await each([7]).next()).value).toBe(7);
    expect(
      (
        await roundTrip(
          {
            async "odd name"(x: number) {
              return x;
            },
          }["odd name"],
        )
      ).name,
    ).toBe("odd name");
    expect(
      (
        await roundTrip(
          {
            [`computed${1}`](x: number) {
              return x;
            },
          }["computed1"] as Callable,
        )
      )(5),
    ).toBe(5);
  });

  test("classes keep fields, private names, statics and inheritance", async () => {
    class Account extends Map<string, number> {
      static opened = 0;
      static {
        Account.opened = 7;
      }
      readonly #owner: string;
      balance = 1;
      constructor(owner: string) {
        super();
        this.#owner = owner;
      }
      get owner(): string {
        return this.#owner;
      }
      static is(value: object): boolean {
        return #owner in value;
      }
    }
    const Arrived = await roundTrip(Account);
    const account = new Arrived("ann");
    expect([account.owner, account.balance, account instanceof Map, Arrived.is(account), Arrived.opened, Arrived.name]).toEqual([
      "ann",
      1,
      true,
      true,
      7,
      "Account",
    ]);
  });

  test("an anonymous function gets the definition's name", async () => {
    expect((await materialise(source("() => 1", [], "square"), { resolveBinding })).name).toBe("square");
    expect((await materialise(source("class {}", [], "Box"), { resolveBinding })).name).toBe("Box");
  });
});

describe("bindings", () => {
  test("are given by the resolver, also later", async () => {
    const definition = source("() => [a, b]", [
      { name: "a", kind: "capture" },
      { name: "b", kind: "mobula", specifier: ".", export: "get" },
    ]);
    const fn = await materialise(definition, { resolveBinding: async ({ name }) => name.toUpperCase() });
    expect(fn()).toEqual(["A", "B"]);
  });

  test("to itself need no resolver", async () => {
    const fn = await materialise(source("(n) => (n < 2 ? 1 : n * fact(n - 1))", [{ name: "fact", kind: "self" }]), {
      resolveBinding,
    });
    expect(fn(5)).toBe(120);
  });

  test("to imports are imported", async () => {
    const bindings: Binding[] = [
      { name: "join", kind: "import", url: "node:path/posix", export: "join" },
      { name: "path", kind: "import", url: "node:path/posix", export: "*" },
    ];
    const fn = await materialise(source("() => join('a', path.basename('/b/c'))", bindings), { resolveBinding });
    expect(fn()).toBe("a/c");
  });
});

describe("a materialiser", () => {
  test("makes one function of one definition, but one for each use of captured values", async () => {
    const materialiser = new Materialiser({ resolveBinding });
    const plain = source("() => ({})");
    expect(await materialiser.materialise(plain)).toBe(await materialiser.materialise({ ...plain }));
    const capturing = source("() => k", [{ name: "k", kind: "capture" }]);
    const [one, two] = await Promise.all([1, 2].map((k) => materialiser.materialise(capturing, { resolveBinding: () => k })));
    expect([one?.(), two?.()]).toEqual([1, 2]);
  });

  test("tries again after a failure", async () => {
    let attempts = 0;
    const materialiser = new Materialiser({
      resolveBinding,
      importModule: async () => {
        if (attempts++ === 0) throw new TypeError("not yet");
        return { work: () => 5 };
      },
    });
    const definition: Definition = { kind: "module", name: "work", url: "file:///retry.ts", exportName: "work" };
    const fault = await materialiser.materialise(definition).then(
      () => undefined,
      (error) => error,
    );
    expect(fault).toBeInstanceOf(FunctionNotFoundFault);
    expect(fault).toMatchObject({ functionName: "work", moduleUrl: "file:///retry.ts" });
    expect(fault.cause).toBeInstanceOf(TypeError);
    expect((await materialiser.materialise(definition))()).toBe(5);
  });

  test("rejects with a fault for text that does not compile here", async () => {
    const fault = await materialise(source("() => {"), { resolveBinding }).then(
      () => undefined,
      (error) => error,
    );
    expect(fault).toBeInstanceOf(FunctionNotFoundFault);
    expect(fault.reason).toContain("could not be compiled");
  });
});

test("traces give the line of the definition in the user's file", async () => {
  const fn = await materialise(source("() => {\n  throw new Error('x');\n}"), { resolveBinding });
  expect(() => fn()).toThrow("x");
  const stack = ((): string => {
    try {
      return fn();
    } catch (error) {
      return (error as Error).stack ?? "";
    }
  })();
  expect(stack).toMatch(/main\.ts#f\.[0-9a-f]{8}(?:, <anonymous>)?:13:/);
});
