import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** What holds nothing of the project's own; `.git` is a file in a second work tree. */
const ignored = new Set(["node_modules", "dist", "coverage", ".git", ".cache"]);

/** Paths of all files under `root`, relative to it, with forward slashes, sorted. Links are not followed. */
export async function listFiles(root: string, under = ""): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (ignored.has(entry.name)) continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) found.push(relative(root, path).split(sep).join("/"));
    }
  };
  await visit(join(root, under));
  return found.sort();
}
