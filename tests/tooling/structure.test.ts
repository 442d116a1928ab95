import { describe, expect, test } from "bun:test";
import { checkStructure } from "../../scripts/check_structure.ts";
import { formatFinding } from "../../scripts/lib/report.ts";
import { makeTree } from "./tree.ts";

/** The findings in a tree of these files, as `file:line: rule`. */
async function findings(files: Record<string, string>): Promise<string[]> {
  await using tree = await makeTree(files);
  const found = await checkStructure(tree.root);
  return found.map((finding) => formatFinding(finding).split(": ").slice(0, 2).join(": "));
}

describe("imports between rooms", () => {
  test("may go down through a face, and stay within a folder", async () => {
    const tree = {
      "mod.ts": 'export * from "./boot/mod.ts";\nexport * from "./runtime/mod.ts";',
      "boot/mod.ts": 'import "../actors/mod.ts";\nimport "../net/mod.ts";',
      "actors/gcs/mod.ts": 'import "./nodes.ts";\nimport "../scheduler/mod.ts";\nimport "../common.ts";',
      "actors/gcs/storage/memory.ts": 'import "../nodes.ts";\nimport "./mod.ts";',
      "runtime/caller/refs.ts": 'import "../platform/mod.ts";\nimport "hono";\nimport "node:fs";',
      "util/queue.ts": 'import "../mod.ts";\nimport "./fifo.ts";\nimport "mobula";',
      "cli/start.ts": 'import "../runtime/mod.ts";',
      "tests/net/codec.test.ts": 'import "../../net/codec/cbor.ts";',
    };
    expect(await findings(tree)).toEqual([]);
  });

  test("never go up", async () => {
    expect(await findings({ "net/link.ts": '\nimport { x } from "../runtime/mod.ts";' })).toEqual(["net/link.ts:2: import-direction"]);
    expect(await findings({ "runtime/caller/get.ts": 'import type { X } from "../../actors/mod.ts";' })).toEqual([
      "runtime/caller/get.ts:1: import-direction",
    ]);
    expect(await findings({ "actors/gcs/mod.ts": 'export * from "../../mod.ts";' })).toEqual(["actors/gcs/mod.ts:1: import-direction"]);
    expect(await findings({ "boot/mod.ts": 'import { init } from "mobula";' })).toEqual(["boot/mod.ts:1: import-direction"]);
  });

  test("are found in dynamic imports and in types", async () => {
    const text = 'const a = await import("../actors/mod.ts");\nlet b: import("../boot/mod.ts").B;\nawait import(`../mod.ts`);';
    expect(await findings({ "net/late.ts": text })).toEqual([
      "net/late.ts:1: import-direction",
      "net/late.ts:2: import-direction",
      "net/late.ts:3: import-direction",
    ]);
  });

  test("enter another folder by its mod.ts alone", async () => {
    const tree = {
      "actors/gcs/nodes.ts": 'import "../scheduler/local.ts";',
      "actors/logs/tail.ts": 'import "../gcs/storage/sub/mod.ts";',
      "boot/driver.ts": 'import "../runtime/caller/refs.ts";',
      "runtime/kernel/system.ts": 'import "../platform/bun.ts";',
    };
    expect(await findings(tree)).toEqual([
      "actors/gcs/nodes.ts:1: import-direction",
      "actors/logs/tail.ts:1: import-direction",
      "boot/driver.ts:1: import-direction",
      "runtime/kernel/system.ts:1: import-direction",
    ]);
  });

  test("let programs see the public face alone", async () => {
    const tree = {
      "examples/demo.ts": 'import "../runtime/mod.ts";',
      "libs/data/mod.ts": 'import "../../actors/mod.ts";',
      "mod.ts": 'import "./util/mod.ts";',
      "util/pool.ts": 'import "../tests/helper.ts";',
    };
    expect(await findings(tree)).toEqual([
      "examples/demo.ts:1: import-direction",
      "libs/data/mod.ts:1: import-direction",
      "mod.ts:1: import-direction",
      "util/pool.ts:1: import-direction",
    ]);
  });

  test("come from rooms that are known", async () => {
    expect(await findings({ "misc/things.ts": 'import "../net/mod.ts";' })).toEqual(["misc/things.ts:1: import-direction"]);
  });

  test("are not looked for in comments and strings", async () => {
    expect(await findings({ "net/link.ts": '// import "../mod.ts"\nconst text = `import "../mod.ts"`;' })).toEqual([]);
  });
});

describe("runtime names", () => {
  test.each([
    ["a global", "const v = Bun.version;"],
    ["a member of the global object", "const v = globalThis.Deno;"],
    ["a computed member", 'const v = globalThis["Deno"];'],
    ["a cast global object", "const v = (globalThis as any).Bun;"],
    ["a destructured global object", "const { process: p } = globalThis;"],
    ["a question for it", 'const v = "Deno" in globalThis;'],
    ["typeof", 'const v = typeof process === "object";'],
    ["a type", "let v: Deno.Conn;"],
    ["an ambient declaration", "declare const Deno: { version: string };"],
    ["a shorthand property", "const v = { process };"],
    ["a default value", "export function f(env = process.env) {}"],
    ["the module of that name", 'import { argv } from "node:process";'],
    ["Bun's modules", 'import { Database } from "bun:sqlite";'],
  ])("are found as %s", async (_, text) => {
    expect(await findings({ "net/link.ts": `\n${text}` })).toEqual(["net/link.ts:2: runtime-name"]);
  });

  test("are free for the project's own things", async () => {
    const text = [
      "export function run(process: { pid: number }) { return process.pid; }",
      "const host = { process: 1, Bun: 2, Deno() {} };",
      "host.process += 1;",
      "class Host { process = 1; get Bun() { return this.process; } }",
      "const each = ({ process }: { process: number }) => { const Deno = process; return Deno; };",
      "interface Named { process: string; bun(Deno: string): void }",
      "type Start = (process: string) => void;",
      "for (const process of [1]) String(process);",
      "try { each; } catch (Bun) { String(Bun); }",
      "export { run as process };",
      'const isolation: "thread" | "process" = "process";',
      "import type { Server as Deno } from './server.ts';",
    ];
    expect(await findings({ "net/host.ts": text.join("\n") })).toEqual([]);
  });

  test("belong to the platform, to tests, scripts and benchmarks", async () => {
    const text = "export const v = [Bun, Deno, process];";
    const places = ["runtime/platform/bun.ts", "tests/a.test.ts", "scripts/a.ts", "bench/run.ts"];
    expect(await findings(Object.fromEntries(places.map((place) => [place, text])))).toEqual([]);
  });
});

describe("time and chance", () => {
  test.each([
    ["Date.now();"],
    ["const { now } = Date;"],
    ["new Date();"],
    ["new Date;"],
    ["setTimeout(() => {}, 1);"],
    ["globalThis.setInterval(() => {}, 1);"],
    ["Math.random();"],
    ["const f = performance.now.bind(performance);"],
    ['import { setTimeout } from "node:timers/promises";'],
  ])("are injected into the core, not taken: %s", async (text) => {
    expect(await findings({ "actors/gcs/nodes.ts": text, "runtime/kernel/system.ts": text })).toEqual([
      "actors/gcs/nodes.ts:1: injected-time",
      "runtime/kernel/system.ts:1: injected-time",
    ]);
  });

  test("are taken where the clock and the source of chance are made, and above and below the core", async () => {
    const text = "export const now = () => Date.now() + Math.random();";
    const places = ["runtime/kernel/clock.ts", "runtime/random.ts", "runtime/platform/deno.ts", "net/link.ts", "boot/node.ts"];
    expect(await findings(Object.fromEntries(places.map((place) => [place, text])))).toEqual([]);
  });

  test("do not stand in the way of dates that are given, or of names of the project's own", async () => {
    const text = "const d = new Date(5); clock.now(); clock.setTimeout(1); random.random(); d.getTime();";
    expect(await findings({ "actors/gcs/nodes.ts": `declare const clock: any, random: any;\n${text}` })).toEqual([]);
  });
});

test("a source file has at most 400 lines", async () => {
  const tree = {
    "net/fits.ts": "export {};\n".repeat(400),
    "net/long.ts": "export {};\n".repeat(401),
    "net/table.generated.ts": "export {};\n".repeat(1_000),
    "README.md": "text\n".repeat(1_000),
  };
  expect(await findings(tree)).toEqual(["net/long.ts: file-length"]);
});

test("no file names a machine's folders or a package registry", async () => {
  const place = ["", "root", "mobula"].join("/");
  const host = ["registry", "npmjs.org"].join(".");
  const tree = {
    "docs/setup.md": `\nsee ${place}\n`,
    "deno.json": `{ "npm": "https://${host}/x" }`,
    "net/fine.ts": 'const path = "node/root/x"; const url = "https://example.org/a/work/b";',
    ".ci/run": `cd ${place}`,
  };
  expect(await findings(tree)).toEqual([".ci/run:1: place-name", "deno.json:1: place-name", "docs/setup.md:2: place-name"]);
});

test("a file that does not parse is named", async () => {
  expect(await findings({ "net/broken.ts": "export const = 1;" })).toEqual(["net/broken.ts: syntax"]);
});
