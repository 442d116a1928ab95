import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { listFiles } from "./files.ts";

/** Rooms whose modules are joined; those above them are programs on the public face, and stay as they are. */
const JOINED = /^(?:actors|runtime|net|boot)\/|^mod\.js$/;
/** Where parts are that several entries share. Modules that find files by their own address are two folders deep, and so are these. */
const SHARED = "runtime/shared";

/**
 * Joins the compiled modules below the public face, in place. What is imported from above, and each program of a thread
 * or process, stays where it is, and all of them share every module: it is there once.
 *
 * @throws Error when a module would not find its files any more, or an error would lose its name
 */
export async function joinModules(folder: string): Promise<void> {
  const modules = (await listFiles(folder)).filter((file) => file.endsWith(".js"));
  const texts = new Map(await Promise.all(modules.map(async (file) => [file, await readFile(join(folder, file), "utf8")] as const)));
  const joined = modules.filter((file) => JOINED.test(file));
  const entries = new Set(joined.filter((file) => file === "mod.js" || file.startsWith("boot/")));
  for (const file of modules) {
    if (JOINED.test(file)) continue;
    for (const imported of importsOf(file, texts.get(file) ?? "")) if (JOINED.test(imported)) entries.add(imported);
  }
  // What knows its own address must be in a shared part: it is one as an entry beside those that need it.
  const placed = joined.filter((file) => texts.get(file)?.includes("import.meta.url") && !entries.has(file));
  const { outputFiles } = await build({
    entryPoints: [...entries, ...placed].map((file) => join(folder, file)),
    absWorkingDir: folder,
    outdir: folder,
    outbase: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    packages: "external",
    target: "esnext",
    chunkNames: `${SHARED}/[name]-[hash]`,
    write: false,
    logLevel: "warning",
  });
  await Promise.all(joined.map((file) => rm(join(folder, file))));
  for (const { path, text } of outputFiles) {
    const file = relative(folder, path);
    if (placed.includes(file)) continue;
    assertWhole(file, text);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, specifier = ""]) => join(dirname(file), specifier));
}

function assertWhole(file: string, text: string): void {
  if (!file.startsWith(`${SHARED}/`) && text.includes("import.meta.url"))
    throw new Error(`${file}: a module that knows its own address is not in ${SHARED}`);
  const renamed = /\bclass (_\w*(?:Error|Fault)|\w*(?:Error|Fault)\d+)\b/.exec(text);
  if (renamed !== null) throw new Error(`${file}: an error class would be named ${renamed[1]}`);
}
