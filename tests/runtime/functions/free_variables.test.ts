import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { shapeOf } from "../../../runtime/functions/free_variables.ts";

const free = (text: string): string => shapeOf(text)?.freeNames.join(" ") ?? "not a function";

function check(cases: Record<string, string>): void {
  for (const [text, names] of Object.entries(cases)) expect([text, free(text)]).toEqual([text, names]);
}

describe("free names", () => {
  test("are what is neither a parameter nor declared inside", () => {
    check({
      "(x) => x * x": "",
      "(x) => x * y": "y",
      "x => { const y = x; return y + z; }": "z",
      "function (a, b) { return a(b, c); }": "c",
      "async (a) => await a(b)": "b",
      "function* (xs) { yield* xs; yield y; }": "y",
      "async function* g(xs) { for await (const x of xs) yield x + y; }": "y",
      "() => { let a; { let b = a; } return b; }": "b",
      "(x) => x.y.z[w]": "w",
      "() => `a${b}c`": "b",
      "() => tag`x`": "tag",
      "() => /x/g.test(y)": "y",
    });
  });

  test("see destructuring, defaults and rest", () => {
    check({
      "({ a, b: c, ...d }, [e, , f = g] = h, ...i) => [a, b, c, d, e, f, i]": "g h b",
      "({ [k]: v }) => v": "k",
      "(a, b = a + c) => b": "c",
      "(x = v) => { var v = 1; return v + x; }": "v",
      "() => { const { a = b, ...c } = d; return [a, c]; }": "b d",
      "() => { ({ a, b: c.d } = e); [f] = g; }": "a c e f g",
      "() => ({ a, b: c, [d]: 1, e() { return f; } })": "a c d f",
    });
  });

  test("see hoisting and blocks", () => {
    check({
      "() => { if (true) { var a = 1; } return a; }": "",
      "() => { if (true) { let a = 1; } return a; }": "a",
      "() => { f(); function f() { return g(); } }": "g",
      "() => { for (let i = 0; i < n; i++) {} return i; }": "n i",
      "() => { for (const x of xs) for (const y in x) y; }": "xs",
      "() => { try { a(); } catch (e) { e; } finally { e; } }": "a e",
      "() => { try { a(); } catch { b; } }": "a b",
      "() => { try {} catch ({ message }) { return message; } }": "",
      "() => { switch (x) { case 1: let y = 1; default: return y; } }": "x",
      "() => { outer: for (;;) { for (;;) continue outer; } }": "",
      "async () => { using a = b(); await using c = d(); return [a, c]; }": "b d",
    });
  });

  test("leave out a function's and a class's own name, and what a nested one declares", () => {
    check({
      "function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }": "",
      "class A extends B { static a = A.b; m() { return A; } }": "B",
      "() => { class A extends B {} return new A(); }": "B",
      "() => { const f = function g() { return g; }; return g; }": "g",
      "class A { #p = q; static { this.r = A; s; } get t() { return this.#p; } set t(v) { u = v; } [w]() {} static async *x() {} }": "q s u w",
      "class extends Array { constructor(a) { super(); this.a = a; } }": "Array",
      "class extends (class extends A {}) { x = y; static z = this.x; }": "A y",
    });
  });

  test("name what belongs to the surroundings without being a variable", () => {
    check({
      "() => this.x": "this",
      "function () { return this.x; }": "",
      "() => { function f() { return [this, arguments, new.target]; } return f; }": "",
      "() => arguments[0]": "arguments",
      "() => import.meta.url": "import.meta",
      "m() { return super.m(); }": "super",
      "m() { return this.#p; }": "#p",
      "(o) => #p in o": "#p",
      "class { #p; has(o) { return #p in o; } }": "",
    });
  });

  test("are marked when only asked for their type", () => {
    expect([...(shapeOf("() => typeof a + typeof b.c + b")?.typeofOnly ?? [])]).toEqual(["a"]);
    expect(free("() => typeof a")).toBe("a");
  });
});

describe("forms", () => {
  const form = (text: string): string => shapeOf(text)?.form ?? "not a function";

  test("are told apart, also where a method looks like a call", () => {
    expect(form("async x => x")).toBe("arrow");
    expect(form("async function f() {}")).toBe("function");
    expect(form("class A {}")).toBe("class");
    for (const method of [
      "m() {}",
      "async m() {}",
      "*m() {}",
      "async(x) { return x; }",
      "get(x) { return x; }",
      "[k]() {}",
      '"a b"() {}',
      "function() {}.x() {}",
    ]) {
      expect([method, form(method)]).toEqual([method, method.includes(".x") ? "not a function" : "method"]);
    }
    expect(form("get x() { return 1; }")).toBe("accessor");
    expect(form("set x(v) {}")).toBe("accessor");
  });

  test("native and bound functions are none", () => {
    expect(form(Function.prototype.toString.call(Math.max))).toBe("not a function");
    expect(form(Function.prototype.toString.call((() => 1).bind(null)))).toBe("not a function");
    expect(form("not ( a function")).toBe("not a function");
  });

  test("live functions of this runtime are understood", () => {
    const outer = 1;
    const object: Record<string, unknown> = {
      async *each(xs: number[]) {
        for (const x of xs) yield x + outer;
      },
      [`computed${outer}`]() {
        return object;
      },
    };
    class Derived extends Map<string, number> {
      readonly #secret: number = outer;
      static make(): Derived {
        return new Derived();
      }
      read(): number {
        return this.#secret;
      }
    }
    const text = (fn: unknown): string => Function.prototype.toString.call(fn as () => void);
    expect(free(text(Derived))).toMatch(/^Map( outer)?$/);
    expect(free(text(Derived.prototype.read))).toBe("#secret");
    expect(free(text(Derived.make))).toBe("Derived");
    expect(form(text(object.each))).toBe("method");
    expect(form(text(object.computed1))).toBe("method");
  });
});

test("evaluating a closed function needs exactly its free names", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const { expression } = fc.letrec((tie) => ({
    expression: fc.oneof(
      { maxDepth: 5 },
      name,
      fc.tuple(name, tie("expression")).map(([x, body]) => `((${x}) => ${body})(0)`),
      fc
        .tuple(name, tie("expression"), tie("expression"))
        .map(([x, value, body]) => `(() => { var y = ${value}; { const ${x} = 0; return [y, ${body}]; } })()`),
      fc.tuple(name, tie("expression")).map(([x, body]) => `(function ${x}() { return ${body}; })()`),
      fc.tuple(name, fc.constantFrom("f", "g"), tie("expression")).map(([x, y, body]) => `(({ ${x} = ${y} }) => ${body})({})`),
    ),
  }));
  fc.assert(
    fc.property(expression, (body) => {
      const text = `() => ${body}`;
      const names = shapeOf(text)?.freeNames ?? [];
      // With every free name given it runs; with one left out, evaluation of that name fails if it is reached.
      expect(() => new Function(...names, `"use strict"; return (${text})();`)(...names.map(() => 0))).not.toThrow();
      const given = ["a", "b", "c", "d", "e", "f", "g"].filter((each) => !names.includes(each));
      const touched: string[] = [];
      const probe = new Proxy({}, { has: (_, key) => given.includes(String(key)), get: (_, key) => void touched.push(String(key)) });
      new Function("probe", ...names, `with (probe) { (${text})(); }`)(probe, ...names.map(() => 0));
      expect(touched.filter((each) => given.includes(each))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
