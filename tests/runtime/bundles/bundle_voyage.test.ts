import { describe, expect, test } from "bun:test";
import { PROGRAM, VALUES } from "../../fixtures/bundles/program.ts";
import { MOBULA, other, own, Project, pack, unpack } from "../../fixtures/bundles/voyage.ts";

/** A program of one module that offers the functions in `faces` and ends as scripts do. */
function script(body: string, faces: string): string {
  return `import { init, remote } from ${MOBULA};\n${body}\nObject.assign((globalThis as any).faces ?? {}, ${faces});\n(globalThis as any).defined?.();\nawait init();\n`;
}

describe("functions of a program that is not there", () => {
  for (const [by, to] of [
    [own, own],
    [own, other],
    [other, own],
  ] as const) {
    test(`sent from ${by} to ${to}: each is found, its main part does not run, and a module runs once`, async () => {
      const shipment = await (async () => {
        using project = new Project(PROGRAM);
        return await pack(project, { by });
      })();
      expect(shipment.errors).toEqual({});
      expect(new Set(Object.values(shipment.kinds))).toEqual(new Set(["module", "source"]));
      const arrival = await unpack(shipment, { by: to });
      expect(arrival.errors).toEqual({});
      expect(arrival.values).toEqual(VALUES);
      expect(arrival.evaluated.filter((module) => module === "main")).toEqual(["main"]);
      expect(arrival.evaluated).not.toContain("main part");
      expect(arrival.evaluated).not.toContain("after init");
    }, 30_000);
  }

  test("two versions of a program are two bundles, and each gives its own values", async () => {
    using project = new Project({
      "main.ts": script('import { helper } from "./helper.ts";\nconst f = remote((x: number) => helper(x));', "{ f }"),
      "helper.ts": "export const helper = (x: number): number => x + 1;",
    });
    const first = await pack(project);
    const again = await pack(project);
    project.write("helper.ts", "export const helper = (x: number): number => x + 2;");
    const second = await pack(project);
    expect(Object.keys(again.bundles)).toEqual(Object.keys(first.bundles));
    expect(Object.keys(second.bundles)).not.toEqual(Object.keys(first.bundles));
    const both = {
      ...first,
      definitions: { first: first.definitions["f"]!, second: second.definitions["f"]! },
      bundles: { ...first.bundles, ...second.bundles },
    };
    expect((await unpack(both)).values).toEqual({ first: 4, second: 5 });
  }, 30_000);
});

describe("installed packages", () => {
  for (const to of [own, other]) {
    test(`of plain JavaScript go along, to ${to}`, async () => {
      const shipment = await (async () => {
        using project = new Project({
          "main.ts": script(
            'import { generateRandomKeys } from "paillier-bigint";\nimport { twice } from "common";\n' +
              "const f = remote(async (x: number) => { const { publicKey, privateKey } = await generateRandomKeys(64); return Number(privateKey.decrypt(publicKey.encrypt(BigInt(x)))); });\n" +
              "const g = remote((x: number) => twice(x));",
            "{ f, g }",
          ),
          "node_modules/common/package.json": '{ "name": "common", "main": "main.cjs" }',
          "node_modules/common/main.cjs":
            'const { join } = require("path");\nlet extra; try { extra = require("common-native"); } catch {}\nexports.twice = (x) => join(String(x * 2), String(typeof extra), typeof __dirname);',
        });
        project.install("paillier-bigint");
        return await pack(project);
      })();
      expect(shipment.errors).toEqual({});
      expect(Object.values(shipment.bundles).flatMap(({ externals }) => externals)).toEqual([]);
      expect(await unpack(shipment, { by: to })).toMatchObject({ errors: {}, values: { f: 3, g: "6/undefined/string" } });
    }, 30_000);
  }

  const usesNative = {
    "main.ts": script('import { add } from "addon";\nconst f = remote((x: number) => add(x));', "{ f }"),
    "node_modules/addon/package.json": '{ "name": "addon", "main": "index.js", "gypfile": true }',
    "node_modules/addon/index.js": "exports.add = (x) => x + 1;",
  };

  test("with native code must be where it runs, and are taken from there", async () => {
    using project = new Project(usesNative);
    const shipment = await pack(project);
    expect(Object.values(shipment.bundles).map(({ externals }) => externals)).toEqual([["addon"]]);
    using elsewhere = new Project({
      "node_modules/addon/package.json": '{ "name": "addon", "main": "index.js", "gypfile": true }',
      "node_modules/addon/index.js": "exports.add = (x) => x + 100;",
    });
    for (const by of [own, other]) {
      expect((await unpack(shipment, { by, workingFolder: elsewhere.folder })).values).toEqual({ f: 103 });
    }
  }, 30_000);

  test("with native code that are missing are named", async () => {
    using project = new Project(usesNative);
    const { errors } = await unpack(await pack(project));
    expect(errors["f"]).toMatch(/^it needs the package "addon", which has native code and is not found from \//);
  }, 30_000);

  test("are known to be native by the file that they load, if by nothing else", async () => {
    using project = new Project({
      ...usesNative,
      "node_modules/addon/package.json": '{ "name": "addon", "main": "index.js" }',
      "node_modules/addon/index.js": 'exports.add = (x) => require("./lib/add.node").add(x);',
      "node_modules/addon/lib/add.node": "",
    });
    const shipment = await pack(project);
    expect(shipment.errors).toEqual({});
    expect(Object.values(shipment.bundles).map(({ externals }) => externals)).toEqual([["addon"]]);
  }, 30_000);
});

test("a module that changed after its definition does not travel as what it is now", async () => {
  using project = new Project({
    "main.ts": script(
      'import { writeFileSync } from "node:fs";\nimport { fileURLToPath } from "node:url";\nimport { helper } from "./helper.ts";\nconst f = remote((x: number) => helper(x));\n' +
        '(globalThis as any).analysed = () => writeFileSync(fileURLToPath(import.meta.url), "export {};");',
      "{ f }",
    ),
    "helper.ts": "export const helper = (x: number): number => x + 1;",
  });
  expect((await pack(project)).errors["f"]).toContain("main.ts has changed since it was defined");
}, 30_000);
