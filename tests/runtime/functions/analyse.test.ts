import { describe, expect, test } from "bun:test";
import { type Definition, type DefinitionSite, definitionId } from "../../../runtime/functions/mod.ts";
import { bindingsOf, faultOf, live, Program, URL_OF_MAIN } from "./program.ts";

describe("functions that use globals only", () => {
  test("travel by source, and their module is not parsed", () => {
    const program = new Program('import { remote } from "mobula";\nconst f = /*1*/remote(async (x) => Math.max(x, performance.now()));');
    const definition = program.analyse("async (x) => Math.max(x, performance.now())", [1]);
    expect(definition).toMatchObject({ kind: "source", name: "f", bindings: [], url: URL_OF_MAIN, line: 2 });
    expect(program.main.isParsed).toBe(false);
  });

  test("are recognised although the module mentions those globals in other places", () => {
    const program = new Program(
      'import { remote } from "mobula";\nfor (const x of new Map<string, Set<number>>()) console.log(x, JSON.stringify(x));\nlet later: Promise<void>;\n/*1*/remote(() => new Map([[console, Promise.all([])]]));',
    );
    expect(program.analyse("() => new Map([[console, Promise.all([])]])", [1]).kind).toBe("source");
    expect(program.main.isParsed).toBe(true);
  });

  test("are told from those where a declaration hides the global", () => {
    const hiding = [
      'import { performance } from "node:perf_hooks";',
      'import performance from "perf";',
      'import * as performance from "perf";',
      'import { now as performance } from "perf";',
      "const performance = { now: () => 1 };",
      "const { performance } = tools;",
      "function performance() {}",
      "class performance {}",
      "enum performance { now }",
    ];
    for (const line of hiding) {
      const program = new Program(`import { remote } from "mobula";\n${line}\n/*1*/remote(() => performance.now());`);
      expect([line, program.analyse("() => performance.now()", [1]).kind]).toEqual([line, "module"]);
    }
    const local = new Program('import { remote } from "mobula";\ntest("x", (fetch) => { /*1*/remote(() => fetch()); });');
    expect(faultOf(() => local.analyse("() => fetch()", [1])).freeNames).toEqual(["fetch"]);
    const typed = new Program('import type { performance } from "x";\nimport { remote } from "mobula";\n/*1*/remote(() => performance.now());');
    expect(typed.analyse("() => performance.now()", [1]).kind).toBe("source");
  });

  test("may ask for the type of what is not there", () => {
    const program = new Program('import { remote } from "mobula";\n/*1*/remote(() => typeof nowhere);');
    expect(program.analyse("() => typeof nowhere", [1]).kind).toBe("source");
  });

  test("carry relative dynamic imports made absolute", () => {
    const program = new Program('import { remote } from "mobula";\n/*1*/remote(() => import("./other.ts"));');
    expect(program.analyse('() => import("./other.ts")', [1])).toMatchObject({
      source: '() => import("file:///app/other.ts")',
    });
    expect(program.analyse('() => import("node:fs")', [1])).toMatchObject({ source: '() => import("node:fs")' });
  });
});

describe("names of this package", () => {
  test("are bound, by name, alias and namespace, also from the utilities", () => {
    const program = new Program(
      'import * as ray from "mobula";\nimport { get as g, remote } from "mobula";\nimport { ActorPool } from "npm:mobula@1/util";\n/*1*/remote(() => [ray.get(1), g(2), ActorPool]);',
    );
    expect(bindingsOf(program.analyse("() => [ray.get(1), g(2), ActorPool]", [1]))).toEqual([
      { name: "ray", kind: "mobula", specifier: ".", export: "*" },
      { name: "g", kind: "mobula", specifier: ".", export: "get" },
      { name: "ActorPool", kind: "mobula", specifier: "./util", export: "ActorPool" },
    ]);
  });

  test("are known by the path of the package's own files", () => {
    const mod = new URL("../../../mod.ts", import.meta.url).href;
    const program = new Program(`import { get, remote } from ${JSON.stringify(mod)};\n/*1*/remote(() => get(1));`);
    expect(bindingsOf(program.analyse("() => get(1)", [1]))).toMatchObject([{ kind: "mobula", export: "get" }]);
  });
});

describe("other remote functions", () => {
  const text = `
import * as ray from "mobula";
import { remote as r } from "mobula";
const leaf = /*1*/ray.remote((x) => x);
export const Box = /*2*/r(class Box {}) as any;
const fib = /*3*/r(async (n) => fib.remote(n));
test("body", async () => {
  const inner = /*4*/r(() => 1);
  const outer = /*5*/r(() => [leaf, Box, inner]);
});`;

  test("are bound at module level and in the function around, and to themselves", () => {
    const program = new Program(text);
    const objects = [1, 2, 3, 4].map((mark) => program.define(mark));
    const keys = objects.map(({ key }) => key);
    expect(bindingsOf(program.analyse("() => [leaf, Box, inner]", [5]))).toEqual([
      { name: "leaf", kind: "remote", site: keys[0]! },
      { name: "Box", kind: "remote", site: keys[1]! },
      { name: "inner", kind: "remote", site: keys[3]! },
    ]);
    expect(bindingsOf(program.analyse("async (n) => fib.remote(n)", [3]))).toEqual([{ name: "fib", kind: "remote", site: keys[2]! }]);
  });

  test("belong to the run of the factory that defined them", () => {
    const program = new Program(text);
    const kept: object[] = [];
    const runs = [1, 2].map((run) => {
      const object = { run };
      const site = program.site(object, 4);
      Object.assign(site, { key: `${site.key} #${run}` });
      program.registry.register(site, object);
      kept.push(object);
      const fn = live("() => inner");
      return { fn, site: program.site(fn, 5) };
    });
    const bound = runs.map(({ fn, site }) => bindingsOf(program.analyser.analyse(fn, site))[0] as { site: string });
    expect(bound.map(({ site }) => site.slice(-3))).toEqual([" #1", " #2"]);
    expect(kept.length).toBe(2);
  });

  test("are followed through imports and re-exports", () => {
    const program = new Program(
      'import { remote } from "mobula";\nimport { square } from "./index.ts";\ntest("x", () => { /*1*/remote(() => square.remote(1)); });',
      {
        "index.ts": 'export { sq as square } from "./tasks.ts";',
        "tasks.ts": 'import { remote } from "mobula";\nexport const sq = /*1*/remote((x) => x * x);',
      },
    );
    const { key } = program.define("tasks.ts:1");
    expect(bindingsOf(program.analyse("() => square.remote(1)", [1]))).toEqual([{ name: "square", kind: "remote", site: key }]);
  });
});

describe("local variables", () => {
  const program = (): Program =>
    new Program('import { remote } from "mobula";\ntest("x", () => {\n  const secret = 42;\n  const f = /*1*/remote((x) => x + secret);\n});');

  test("are a fault that names them and three ways to mend it", () => {
    const fault = faultOf(() => program().analyse("(x) => x + secret", [1]));
    expect(fault).toMatchObject({ functionName: "f", freeNames: ["secret"], moduleUrl: URL_OF_MAIN });
    expect(fault.message).toMatch(/function "f".*uses secret, a local variable.*captures: \{ secret \}.*top level of its module.*self-contained/s);
  });

  test("travel as captures", () => {
    expect(bindingsOf(program().analyse("(x) => x + secret", [1], { captures: ["secret", "unused"] }))).toEqual([
      { name: "secret", kind: "capture" },
    ]);
  });

  test("that hold the function itself are bound to it", () => {
    const self = new Program('import { remote } from "mobula";\nconst fact = (n) => (n < 2 ? 1 : n * fact(n - 1));\n/*1*/remote(fact);');
    expect(bindingsOf(self.analyse("(n) => (n < 2 ? 1 : n * fact(n - 1))", [1]))).toEqual([{ name: "fact", kind: "self" }]);
  });
});

describe("what cannot be analysed", () => {
  test("native, bound and accessor functions are a fault that says to wrap them", () => {
    const program = new Program("/*1*/remote(x);");
    for (const fn of [
      Math.max,
      (() => 1).bind(null),
      Object.getOwnPropertyDescriptor(
        {
          get x() {
            return 1;
          },
        },
        "x",
      )!.get!,
    ]) {
      expect(faultOf(() => program.analyser.analyse(fn, program.site(fn, 1))).message).toMatch(/Wrap it in a function/);
    }
  });

  test("without a readable source, globals and captures travel, the rest by import if that is possible", () => {
    const fn = (url: string, text = "() => helper()", captures: string[] = []): Definition => {
      const made = live(text);
      const site = {
        fn: made,
        frames: [{ url, line: 1, column: 1 }],
        key: `${url}:1:1`,
        sequence: 0,
      } as unknown as DefinitionSite;
      return new Program("").analyser.analyse(made, site, { captures });
    };
    expect(fn("https://example.com/m.ts")).toMatchObject({ kind: "module", url: "https://example.com/m.ts" });
    expect(fn("data:text/javascript,x").kind).toBe("module");
    expect(fn("blob:x", "() => Math.max(1)").kind).toBe("source");
    expect(bindingsOf(fn("blob:x", "() => helper()", ["helper"]))).toEqual([{ name: "helper", kind: "capture" }]);
    expect(faultOf(() => fn("blob:x")).freeNames).toEqual(["helper"]);
  });

  test("a module that cannot be parsed is treated as unreadable", () => {
    const program = new Program("this is ( no module /*1*/remote(() => helper())");
    expect(program.analyse("() => helper()", [1]).kind).toBe("module");
  });
});

describe("functions passed as values", () => {
  test("travel by source when self-contained, with one id wherever they are passed", () => {
    const program = new Program('import { remote } from "mobula";\n/*1*/map.remote(1, (x) => x * 2);\n/*2*/map.remote(1, (x) => x * 2);');
    const ids = [1, 2].map((mark) => definitionId(program.value("(x) => x * 2", [mark])));
    expect(ids[0]).toBe(ids[1]!);
    expect(program.main.isParsed).toBe(false);
  });

  test("use this package and remote functions", () => {
    const program = new Program(
      'import { get, remote } from "mobula";\nconst leaf = /*1*/remote((x) => x);\n/*2*/submit(map, [(x) => get(leaf.remote(x))]);',
    );
    const { key } = program.define(1);
    expect(bindingsOf(program.value("(x) => get(leaf.remote(x))", [2]))).toEqual([
      { name: "get", kind: "mobula", specifier: ".", export: "get" },
      { name: "leaf", kind: "remote", site: key },
    ]);
  });

  test("travel by module when it exports them, and are a fault when it does not", () => {
    const exported = new Program('import { h } from "./h.ts";\nexport function double(x) { return h(x); }\n/*1*/submit(double);');
    expect(exported.value("function double(x) { return h(x); }", [1])).toMatchObject({
      kind: "module",
      url: URL_OF_MAIN,
      exportName: "double",
    });
    const imported = new Program('import { double as d } from "./h.ts";\n/*1*/submit(d);', {
      "h.ts": "const k = 2;\nexport const double = (x) => x * k;",
    });
    expect(imported.value("(x) => x * k", [1])).toMatchObject({
      kind: "module",
      url: "file:///app/h.ts",
      exportName: "double",
    });
    const hidden = new Program('import { h } from "./h.ts";\n/*1*/submit((x) => h(x));');
    expect(faultOf(() => hidden.value("(x) => h(x)", [1])).message).toMatch(/h, imported from.*not exported/);
    const stopped = new Program(
      'import { init } from "mobula";\nconst k = 1;\nexport const double = (x) => x * k;\nawait init();\n/*1*/submit(double);',
    );
    expect(faultOf(() => stopped.value("(x) => x * k", [1])).freeNames).toEqual(["k"]);
  });
});

describe("the id of a definition", () => {
  test("depends on its content and the version of the module", () => {
    const ids = ["1", "2", "1"].map((k) => {
      const program = new Program(`import { remote } from "mobula";\nconst k = ${k};\n/*1*/remote(() => k);`);
      return definitionId(program.analyse("() => k", [1]));
    });
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[0]).toBe(ids[2]!);
    expect(ids[0]).not.toBe(ids[1]);
  });
});
