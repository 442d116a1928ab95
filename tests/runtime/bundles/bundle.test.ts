import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { bundle, type MadeBundle } from "../../../runtime/bundles/mod.ts";
import { MOBULA, Project } from "../../fixtures/bundles/voyage.ts";
import { rejectionText } from "../../rejection.ts";

let project: Project;

beforeAll(() => {
  project = new Project({
    "small.ts": "export const small: number = 1;",
    "imports_mobula.ts": `import { remote } from "mobula";\nimport * as ray from ${MOBULA};\nimport { Queue } from "mobula/util";\nexport const all = [remote, ray.get, Queue];`,
    "imports_node.ts": 'import { readFileSync } from "fs";\nimport { join } from "node:path";\nexport const all = [readFileSync, join];',
    "main_part.ts": 'if (import.meta.main) console.log("the main part");\nexport const value = 1;',
    "circle_a.ts": 'import { b } from "./circle_b.ts";\nexport const a = (): number => b() + 1;',
    "circle_b.ts": 'import { a } from "./circle_a.ts";\nexport const b = (): number => (Math.abs(0) > 1 ? a() : 1);',
    "jsx.tsx":
      '/** @jsxRuntime classic */\n/** @jsx h */\nfunction h(name: string, props: object | null, ...children: unknown[]) { return { name, props, children }; }\nexport const element = <p id="x">hello</p>;',
    "large.ts": `import { words } from "./words.ts";\nexport const size = words.length;`,
    "words.ts": `export const words = ${JSON.stringify("word ".repeat(4_000))};`,
    "broken.ts": 'import { nothing } from "./nowhere.ts";\nexport const x = nothing;',
    "unparsed.ts": "export const = 1;",
    "addon.ts": 'import addon from "./addon.node";\nexport const x = addon;',
    "addon.node": "",
  });
});

afterAll(() => project[Symbol.dispose]());

describe("a bundle", () => {
  test("has an id by its content, and the name of its module", async () => {
    const [one, other] = [await bundle(project.url("small.ts")), await bundle(project.url("small.ts"))];
    expect(one.id).toMatch(/^[0-9a-f]{64}$/);
    expect(other.id).toBe(one.id);
    expect(one.name).toBe("small.mjs");
    expect(one.text).not.toContain(": number");
  });

  test("leaves this package to the node that runs it, by whatever name it is imported", async () => {
    const { text, externals } = await bundle(project.url("imports_mobula.ts"));
    expect(text).toContain('from "mobula:own/mod"');
    expect(text).toContain('from "mobula:own/util/mod"');
    expect(text.length).toBeLessThan(2_000);
    expect(externals).toEqual([]);
  });

  test("leaves the runtime's modules, by their full names", async () => {
    const { text } = await bundle(project.url("imports_node.ts"));
    expect(text).toContain('from "node:fs"');
    expect(text).toContain('from "node:path"');
  });

  test("has no main part", async () => {
    expect((await bundle(project.url("main_part.ts"))).text).not.toContain("import.meta.main");
  });

  test("takes modules in a circle, and JSX", async () => {
    const circle = await evaluated(await bundle(project.url("circle_a.ts")));
    expect(circle.a()).toBe(2);
    const { element } = await evaluated(await bundle(project.url("jsx.tsx")));
    expect(element).toEqual({ name: "p", props: { id: "x" }, children: ["hello"] });
  });
});

describe("what cannot be bundled", () => {
  test("a graph that is too large: its largest modules are named", async () => {
    const text = await rejectionText(bundle(project.url("large.ts"), { maxBytes: 10_000 }));
    expect(text).toMatch(/its bundle has 0\.0\d\d MiB and may have 0\.010 MiB; its largest modules: \S*words\.ts \(0\.019 MiB\), \S*large\.ts/);
  });

  test("a missing module, text that is no program, a native file: said with the file", async () => {
    expect(await rejectionText(bundle(project.url("broken.ts")))).toMatch(/broken\.ts.*nowhere\.ts/s);
    expect(await rejectionText(bundle(project.url("unparsed.ts")))).toContain("unparsed.ts");
    expect(await rejectionText(bundle(project.url("addon.ts")))).toContain('loads the native file "./addon.node", which cannot travel');
  });
});

/** A bundle of no externals, imported as any module is. */
async function evaluated(made: MadeBundle): Promise<Record<string, any>> {
  project.write(`made/${made.name}`, made.text);
  return import(project.url(`made/${made.name}`));
}
