import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./report.ts";

export const runtimes = ["bun", "deno"] as const;
export type Runtime = (typeof runtimes)[number];

/**
 * The path of a tool that npm installed for this repository (`bun`, `deno`, `tsc`, `biome`), so that no script
 * depends on what is on the PATH. Throws when it is not there.
 */
export function toolPath(name: string): string {
  const path = join(root, "node_modules/.bin", name);
  if (!existsSync(path)) throw new Error(`${name} is not installed: run \`npm ci\` first`);
  return path;
}
