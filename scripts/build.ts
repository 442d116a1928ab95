/**
 * Compiles the shipped rooms to `dist/`: one .js and one .d.ts for each source file, in the same folders, because a
 * worker is started from the address of a file beside the one that starts it.
 *
 *   bun scripts/build.ts [--out DIR]
 */
import { spawnSync } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./lib/report.ts";
import { toolPath } from "./lib/runtime.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const out = resolve(root, values.out);
await rm(out, { recursive: true, force: true });
const { status } = spawnSync(toolPath("tsc"), ["-p", "tsconfig.build.json", "--outDir", out], {
  cwd: root,
  stdio: "inherit",
});
// The command: no TypeScript, as it is a shell script too.
await cp(join(root, "cli/launcher.js"), join(out, "cli/launcher.js"));
process.exitCode = status ?? 1;
