import { describe, expect, test } from "bun:test";
import { checkExports, type Manifests, manifestProblems } from "../../scripts/check_exports.ts";
import { missingEntries } from "../../scripts/check_lockfile.ts";
import { checkReadme, startedBy } from "../../scripts/check_readme.ts";
import { makeTree } from "./tree.ts";

const face = { types: "./dist/mod.d.ts", default: "./dist/mod.js" };
const good: Manifests = {
  npm: { version: "1.0.0", exports: { ".": face }, dependencies: { hono: "^4.0.0" } },
  deno: { version: "1.0.0", exports: { ".": "./mod.ts" }, imports: { hono: "npm:hono@^4.0.0", mobula: "./mod.ts" } },
};
const there =
  (...sources: string[]) =>
  (source: string) =>
    sources.includes(source);

describe("package.json and deno.json", () => {
  test("agree", () => {
    expect(manifestProblems(good, there("mod.ts"))).toEqual([]);
  });

  test("name a face in both as soon as its source is there, and not before", () => {
    const added = manifestProblems(good, there("mod.ts", "util/mod.ts"));
    expect(added).toHaveLength(2);
    expect(added[0]).toContain('package.json: exports["./util"] must be {"types":"./dist/util/mod.d.ts"');
    expect(added[1]).toContain('deno.json: exports["./util"] must be "./util/mod.ts"');
    const gone = manifestProblems(good, there());
    expect(gone).toEqual(['package.json: exports["."] has no source: mod.ts is missing', 'deno.json: exports["."] has no source: mod.ts is missing']);
  });

  test("have the command if and only if its source is there", () => {
    expect(manifestProblems(good, there("mod.ts", "cli/launcher.js"))[0]).toContain("bin.mobula");
    const bin = { ...good, npm: { ...good.npm, bin: { mobula: "./dist/cli/launcher.js" } } };
    expect(manifestProblems(bin, there("mod.ts", "cli/launcher.js"))).toEqual([]);
    expect(manifestProblems(bin, there("mod.ts"))[0]).toContain("bin.mobula");
  });

  test("ask for the same versions of the same packages", () => {
    const other = {
      ...good,
      deno: { ...good.deno, version: "1.0.1", imports: { hono: "npm:hono@^3", ms: "npm:ms@^2" } },
    };
    expect(manifestProblems(other, there("mod.ts"))).toEqual([
      "deno.json: version must be package.json's, 1.0.0",
      'deno.json: imports["hono"] must be "npm:hono@^4.0.0"',
      'deno.json: imports["ms"] is no dependency of package.json',
    ]);
  });

  test("run no install script", () => {
    const npm = { ...good.npm, scripts: { postinstall: "node fetch.js" } };
    expect(manifestProblems({ ...good, npm }, there("mod.ts"))[0]).toContain("postinstall");
  });

  test("declare every package that shipped code imports", async () => {
    await using tree = await makeTree({
      "package.json": JSON.stringify(good.npm),
      "deno.json": JSON.stringify(good.deno),
      "mod.ts": 'import "hono/ws";\nimport "node:fs";\nimport "./net/mod.ts";\nimport "@scope/extra/part";',
      "tests/a.test.ts": 'import "fast-check";',
    });
    expect(await checkExports(tree.root)).toEqual([{ file: "mod.ts", line: 4, rule: "dependency", message: "@scope/extra is not in dependencies" }]);
  });
});

describe("README commands", () => {
  test.each([
    ["npm test", "script", "test"],
    ["$ npm run demo -- --fast", "script", "demo"],
    ["npx bun run bench", "script", "bench"],
    ["deno task demo", "task", "demo"],
    ["deno run -A examples/demo.ts", "file", "examples/demo.ts"],
    ["bun examples/demo.ts", "file", "examples/demo.ts"],
  ])("%s starts a %s", (line, kind, name) => {
    expect(startedBy(line)).toEqual({ kind, name } as NonNullable<ReturnType<typeof startedBy>>);
  });

  test.each(["npm ci", "bun add mobula", "cd mobula", "# npm test", ""])("leave alone: %s", (line) => {
    expect(startedBy(line)).toBeUndefined();
  });

  test("exist, and show the demo and the tests", async () => {
    await using tree = await makeTree({
      "README.md": "# x\n\n```sh\nnpm ci\nnpm run demo\nnpm run gone\n```\n\n```ts\nnpm run code\n```\n",
      "package.json": JSON.stringify({ scripts: { demo: "bun examples/demo.ts", test: "bun scripts/test.ts" } }),
      "deno.json": "{}",
      "scripts/test.ts": "",
    });
    const messages = (await checkReadme(tree.root)).map(({ message }) => message);
    expect(messages).toEqual([
      'there is no script "gone"',
      'script "demo" runs examples/demo.ts, which is missing',
      "shows no command that runs the test",
    ]);
  });
});

test("the lock file's gaps are the optional packages that it names and has not", () => {
  const packages = {
    "node_modules/tool": {
      dev: true,
      optionalDependencies: { "@t/linux-x64-musl": "1.0.0", "@t/darwin-arm64": "1.0.0" },
    },
    "node_modules/@t/linux-x64-musl": { version: "1.0.0" },
  };
  expect([...missingEntries({ packages })]).toEqual([
    ["node_modules/@t/darwin-arm64", { version: "1.0.0", cpu: ["arm64"], dev: true, optional: true, os: ["darwin"] }],
  ]);
});
