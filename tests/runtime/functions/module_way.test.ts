import { describe, expect, test } from "bun:test";
import type { SiteKey } from "../../../runtime/functions/mod.ts";
import { bindingsOf, faultOf, Program, URL_OF_MAIN } from "./program.ts";

describe("functions that need their module", () => {
  test("are imported with it, by their site", () => {
    const program = new Program(
      'import { remote } from "mobula";\nimport { helper } from "./h.ts";\nexport const f = /*1*/remote((x) => helper(x));',
    );
    const definition = program.analyse("(x) => helper(x)", [1]);
    expect(definition).toEqual({
      kind: "module",
      name: "f",
      url: URL_OF_MAIN,
      site: `${URL_OF_MAIN}:3:23` as SiteKey,
      exportName: undefined,
      version: program.main.hash,
    });
  });

  test("import.meta, super and private names belong to their module", () => {
    for (const text of ["() => import.meta.url", "() => { class A { m() { return import.meta; } } return A; }"]) {
      // A live function with import.meta cannot be made here: its text is enough.
      const fn = Object.assign(() => 1, {});
      const program = new Program(`import { remote } from "mobula";\n/*1*/remote(${text});`);
      const native = Function.prototype.toString;
      Function.prototype.toString = () => text;
      try {
        expect(program.analyser.analyse(fn, program.site(fn, 1)).kind).toBe("module");
      } finally {
        Function.prototype.toString = native;
      }
    }
  });

  test("definitions that a worker's import would not reach are a fault", () => {
    const places: [string, RegExp][] = [
      ["await ray.init();\n/*1*/ray.remote(() => helper());", /after the top-level await in line 3/],
      ["await using ctx = await ray.init();\n/*1*/ray.remote(() => helper());", /after the top-level await in line 3/],
      ["const f = ray.remote(() => 1);\nawait ray.get(f.remote());\n/*1*/ray.remote(() => helper());", /after the top-level await in line 4/],
      ["for await (const x of ray.asCompleted([])) {\n/*1*/ray.remote(() => helper());\n}", /after the top-level await in line 3/],
      ["await main();\nasync function main() { await ray.init(); }\n/*1*/ray.remote(() => helper());", /after the top-level await in line 3/],
      ["if (import.meta.main) {\n/*1*/ray.remote(() => helper());\n}", /under `if \(import.meta.main\)`/],
      ["if (!import.meta.main) {} else {\n/*1*/ray.remote(() => helper());\n}", /under `if \(import.meta.main\)`/],
      ["async function main() { /*1*/ray.remote(() => helper()); }", /inside a function/],
      ["class A { x = /*1*/ray.remote(() => helper()); }", /inside a function/],
    ];
    for (const [body, reason] of places) {
      const program = new Program(`import * as ray from "mobula";\nimport { helper } from "./h.ts";\n${body}`);
      const fault = faultOf(() => program.analyse("() => helper()", [1]));
      expect(fault.freeNames).toEqual(["helper"]);
      expect(fault.message).toMatch(reason);
    }
  });

  test("other top-level awaits, and guards that a worker passes, do not matter", () => {
    const places = [
      "await fetch('x');\n/*1*/ray.remote(() => helper());",
      "await setup();\nasync function setup() { ray.remote(() => 1); }\n/*1*/ray.remote(() => helper());",
      "if (import.meta.main) await ray.init();\n/*1*/ray.remote(() => helper());",
      "/*1*/ray.remote(() => helper());\nawait ray.init();",
      "await ray.get(/*1*/ray.remote(() => helper()).remote());",
      "{ /*1*/ray.remote(() => helper()); }",
      "class A { static x = /*1*/ray.remote(() => helper()); }",
    ];
    for (const body of places) {
      const program = new Program(`import * as ray from "mobula";\nimport { helper } from "./h.ts";\n${body}`);
      expect([body, program.analyse("() => helper()", [1]).kind]).toEqual([body, "module"]);
    }
  });

  test("with importBindings, imports are bound where the module cannot be imported", () => {
    const program = new Program(
      'import { remote } from "mobula";\nimport { join as j } from "node:path";\nimport { helper } from "./h.ts";\ntest("x", () => { /*1*/remote(() => helper(j())); });',
    );
    expect(bindingsOf(program.analyse("() => helper(j())", [1], { importBindings: true }))).toEqual([
      { name: "helper", kind: "import", url: "file:///app/h.ts", export: "helper" },
      { name: "j", kind: "import", url: "node:path", export: "join" },
    ]);
    expect(faultOf(() => program.analyse("() => helper(j())", [1])).freeNames).toEqual(["helper", "j"]);
  });
});
