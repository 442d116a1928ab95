/**
 * Compiles the shipped rooms to `dist/`, in the same folders: one .d.ts for each source file, one .js for each of the
 * programs on the public face, and of all below it few: a thread loads a file for each part that it shares with others,
 * not two hundred.
 *
 *   bun scripts/build.ts [--out DIR]
 */
import { spawnSync } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { joinModules } from "./lib/join_modules.ts";
import { root } from "./lib/report.ts";
import { toolPath } from "./lib/runtime.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const out = resolve(root, values.out);
await rm(out, { recursive: true, force: true });
const { status } = spawnSync(toolPath("tsc"), ["-p", "tsconfig.build.json", "--outDir", out], {
  cwd: root,
  stdio: "inherit",
});
if (status === 0) {
  await joinModules(out);
  // The command: no TypeScript, as it is a shell script too.
  await cp(join(root, "cli/launcher.js"), join(out, "cli/launcher.js"));
}
process.exitCode = status ?? 1;
