/**
 * Compiles the shipped rooms to `dist/`: one .js and one .d.ts for each source file, in the same folders, because a
 * worker is started from the address of a file beside the one that starts it.
 *
 *   bun scripts/build.ts [--out DIR]
 */
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
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
process.exitCode = status ?? 1;
