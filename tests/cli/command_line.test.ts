import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { nearest } from "../../cli/flags.ts";
import { runScript } from "../examples/run_script.ts";

const mobula = (...args: string[]) => runScript("cli/main.ts", args, { deadlineMs: 60_000 });

test("--version is the package's", async () => {
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await mobula("--version")).toEqual({ code: 0, output: `${version}\n`, ended: true });
});

test("--help lists the commands, and a command's its flags, without colours when nobody looks", async () => {
  const all = await mobula("--help");
  expect(all.code).toBe(0);
  expect(all.output).toContain("microbenchmark");
  expect(all.output).not.toContain("\u001B");
  const one = await mobula("microbenchmark", "--help");
  expect(one.output).toContain("--rows=<GLOB>");
});

test.each([
  [["microbenchmark", "--quik"], "mobula: unknown flag --quik\nDid you mean --quick? Try mobula microbenchmark --help.\n"],
  [["microbenchmark", "--rows"], "mobula: --rows needs a value\nTry mobula microbenchmark --help.\n"],
  [["microbenchmark", "extra"], 'mobula: unexpected "extra"\nTry mobula microbenchmark --help.\n'],
  [["--nothing"], "mobula: unknown flag --nothing\nTry mobula --help.\n"],
  [["microbenchmrk"], 'mobula: unknown command "microbenchmrk"\nDid you mean microbenchmark? Try mobula --help.\n'],
  [[], "mobula: no command\nTry mobula --help.\n"],
] as [string[], string][])("a wrong command line is answered in a line and a hint: %j", async (args, output) => {
  expect(await mobula(...args)).toEqual({ code: 2, output, ended: true });
});

test("microbenchmark measures the rows asked for and fails when there are none", async () => {
  const { code, output } = await mobula("microbenchmark", "--quick", "--rows", "single client put calls");
  expect(output).toContain("single client put calls");
  expect(output).toMatch(/\b[01] of 1 targets reached/);
  expect(code).toBe(0);
  expect(await mobula("microbenchmark", "--quick", "--rows", "none")).toMatchObject({ code: 1 });
});

test("a hint is given only for names that are near", () => {
  expect(nearest("jsn", ["json", "rows"])).toBe("json");
  expect(nearest("zzz", ["json", "rows"])).toBeUndefined();
});
