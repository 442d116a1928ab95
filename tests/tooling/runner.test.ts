import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { countCases } from "../../scripts/lib/junit.ts";
import { root as repository } from "../../scripts/lib/report.ts";
import { run } from "../../scripts/lib/run.ts";
import { toolPath } from "../../scripts/lib/runtime.ts";
import { makeTree } from "./tree.ts";

const runner = fileURLToPath(new URL("../../scripts/test.ts", import.meta.url));

/** Runs the runner over a tree of these test files; returns its exit status and the lines it printed. */
async function runTests(files: Record<string, string>, ...args: string[]) {
  await using tree = await makeTree(files);
  const result = await run(toolPath("bun"), [runner, "--root", tree.root, ...args], {
    cwd: repository,
    deadlineMs: 60_000,
  });
  return { code: result.code, output: result.output, lines: result.output.trimEnd().split("\n") };
}

const passing = 'import { test } from "bun:test";\ntest("a", () => {});\ntest("b", () => {});\n';
const passingInDeno = 'Deno.test("a", () => {});\n';
const failing = 'import { test } from "bun:test";\ntest("c", async () => { await 1; throw new Error("broken <case>"); });\n';

test("prints one line for a file that passes, and the counts last", async () => {
  const { code, lines } = await runTests({ "tests/net/a.test.ts": passing }, "--runtime", "bun");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^ok {3}bun {2}tests\/net\/a\.test\.ts: 2 passed, \d+\.\d s$/);
  expect(lines[1]).toBe("2 passed, 0 failed");
  expect(code).toBe(0);
});

test("runs the tests of the tooling in Bun alone", async () => {
  const { lines } = await runTests({ "tests/tooling/a.test.ts": passing }, "--runtime", "both");
  expect(lines).toEqual([expect.stringMatching(/^ok {3}bun /), "2 passed, 0 failed"]);
});

test("shows all that a failed file printed, goes on with the others and fails", async () => {
  const files = { "tests/a.test.ts": failing, "tests/b.test.ts": passing };
  const { code, output, lines } = await runTests(files, "--runtime", "bun");
  expect(output).toContain("FAIL bun  tests/a.test.ts: 0 passed, 1 failed");
  expect(output).toContain("broken <case>");
  expect(lines.at(-1)).toBe("2 passed, 1 failed");
  expect(code).toBe(1);
});

test("counts cases in Deno, skipped ones apart", async () => {
  const text = `${passingInDeno}Deno.test.ignore("later", () => {});\n`;
  const { code, lines } = await runTests({ "tests/a.test.ts": text }, "--runtime", "deno");
  expect(lines.at(-1)).toBe("1 passed, 0 failed, 1 skipped");
  expect(code).toBe(0);
});

test("fails a file that runs no test", async () => {
  const { code, output, lines } = await runTests({ "tests/a.test.ts": "export {};" }, "--runtime", "bun");
  expect(output).toContain("tests/a.test.ts in bun");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
  expect(code).toBe(1);
});

test("fails a file that ends in an error after its tests", async () => {
  const text = `${passing}import { afterAll } from "bun:test";\nafterAll(() => process.exit(3));\n`;
  const { code, output } = await runTests({ "tests/a.test.ts": text }, "--runtime", "bun");
  expect(output).toContain("ended with exit code 3");
  expect(code).toBe(1);
});

test("stops a file at its deadline and shows what it had printed", async () => {
  const text = `import { test } from "bun:test";\ntest("a", () => { console.log("so far"); while (true); });\n`;
  const { code, output, lines } = await runTests({ "tests/a.test.ts": text }, "--runtime", "bun", "--deadline", "1");
  expect(output).toContain("so far");
  expect(output).toContain("tests/a.test.ts in bun: timed out after 1 s");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
  expect(code).toBe(1);
});

test.if(process.platform === "linux")("fails a file that leaves processes behind, and ends them", async () => {
  const start = `import { spawn } from "node:child_process";\nspawn("sleep", ["77"], { stdio: "ignore" }).unref();\n`;
  const { code, output } = await runTests({ "tests/a.test.ts": start + passing }, "--runtime", "bun");
  const pid = /left processes behind: (\d+) sleep 77/.exec(output)?.[1];
  expect(code).toBe(1);
  expect(pid).toBeDefined();
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // Gone, or dead and waiting for its parent to take note.
  expect(stat === "" || stat.includes(") Z ")).toBe(true);
});

test("runs the files whose path has one of the filters", async () => {
  const files = { "tests/net/a.test.ts": passing, "tests/runtime/b.test.ts": passing, "tests/util/c.test.ts": failing };
  const { lines } = await runTests(files, "--runtime", "bun", "net/", "b.test");
  expect(lines.at(-1)).toBe("4 passed, 0 failed");
});

test("fails when no file matches, and says so", async () => {
  const { code, output } = await runTests({ "tests/a.test.ts": passing }, "nothing-like-it");
  expect(output).toContain("no test file matches");
  expect(code).toBe(1);
});

test("reads counts from reports whose names hold markup", () => {
  const xml = `<testsuites><testsuite name="s">
    <testcase name="a &gt; b" time="0" />
    <testcase name="says &lt;failure/>" time="0"></testcase>
    <testcase name="c"><failure message="x">&lt;testcase</failure></testcase>
    <testcase name="d"><skipped/></testcase>
  </testsuite></testsuites>`;
  expect(countCases(xml)).toEqual({ passed: 2, failed: 1, skipped: 1 });
});
