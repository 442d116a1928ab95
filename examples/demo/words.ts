import { readFile } from "node:fs/promises";
import { type ActorHandle, type RemoteFunction, remote } from "mobula";
import type { Progress } from "./progress.ts";

export type Counts = Map<string, number>;

/** Counts the words of some files; `report` hears of each file done. */
export async function countFiles(files: readonly string[], report: (files: number) => void): Promise<Counts> {
  const counts: Counts = new Map();
  for (const file of files) {
    for (const token of (await readFile(file, "utf8")).split(/\s+/)) {
      // "word/tag": the tag begins after the last slash. Numbers and punctuation are no words.
      const word = token.slice(0, token.lastIndexOf("/")).toLowerCase();
      if (/[a-z]/.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    report(1);
  }
  return counts;
}

/** Adds up several counts. */
export function mergeCounts(...parts: Counts[]): Counts {
  const [first, ...others] = parts;
  const sum: Counts = new Map(first);
  for (const part of others) for (const [word, count] of part) sum.set(word, (sum.get(word) ?? 0) + count);
  return sum;
}

type CountTask = RemoteFunction<[files: readonly string[], progress: ActorHandle<Progress>], Promise<Counts>>;

export const countTask: CountTask = remote((files: readonly string[], progress: ActorHandle<Progress>) =>
  countFiles(files, (done) => progress.add.remote("words", done)),
);

export const mergeTask: RemoteFunction<Counts[], Counts> = remote(mergeCounts);
