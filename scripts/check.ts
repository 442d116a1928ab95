/**
 * All checks but the tests: types in both compilers, lint and format, structure, manifests, lock file, README. Each runs to its end
 * whatever the others find; what a failed one printed is shown.
 */
import { root } from "./lib/report.ts";
import { run } from "./lib/run.ts";
import { toolPath } from "./lib/runtime.ts";

/** Run by the runtime that runs this file. */
const script = (name: string): string[] => [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), `scripts/${name}.ts`];

const checks: Readonly<Record<string, readonly string[]>> = {
  types: [toolPath("tsc"), "-p", "."],
  // The public types by Deno's own compiler and library, and what a registry would refuse; nothing is sent.
  publish: [toolPath("deno"), "publish", "--dry-run", "--allow-dirty"],
  lint: [toolPath("biome"), "ci", "--colors=off", "--error-on-warnings", "--max-diagnostics=100", "."],
  structure: script("check_structure"),
  exports: script("check_exports"),
  lockfile: script("check_lockfile"),
  readme: script("check_readme"),
};

let failed = 0;
const steps = Object.entries(checks).map(async ([name, [command = "", ...args]]) => {
  const { code, output, seconds } = await run(command, args, {
    cwd: root,
    deadlineMs: 300_000,
    env: { NO_COLOR: "1" },
  });
  const ok = code === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}, ${seconds.toFixed(1)} s${ok ? "" : `\n${output.trimEnd().replaceAll(/^/gm, "    ")}`}`);
  if (!ok) failed++;
});
await Promise.all(steps);
if (failed > 0) process.exitCode = 1;
