import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

let folder: Promise<string> | undefined;

/** A program of this folder beside the package as it is published, compiled once a run. Returns its address. */
export async function packed(program: string): Promise<string> {
  folder ??= compile();
  const file = join(await folder, program);
  const text = readFileSync(new URL(program, import.meta.url), "utf8");
  writeFileSync(file, text.replaceAll('"mobula"', '"./mod.js"'));
  return pathToFileURL(file).href;
}

/** In this repository, where the packages that it needs are found. */
async function compile(): Promise<string> {
  const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const cache = pathOf("dist");
  await mkdir(cache, { recursive: true });
  const out = mkdtempSync(join(cache, "bench-"));
  process.on("exit", () => rmSync(out, { recursive: true, force: true }));
  const { status, stderr } = spawnSync(pathOf("node_modules/.bin/bun"), ["run", pathOf("scripts/build.ts"), "--out", out], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the package could not be compiled:\n${stderr}`);
  return out;
}
