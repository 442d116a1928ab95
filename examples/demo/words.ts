import { readFile } from "node:fs/promises";
import { type ActorHandle, type RemoteFunction, remote } from "mobula";
import type { Progress } from "./progress.ts";

export type Counts = Map<string, number>;

/** A phrase, and how often its text says it. */
export interface Phrase {
  readonly words: string;
  readonly times: number;
}

/** What is found out about some texts. */
export interface Census {
  /** How often each word is there. */
  readonly words: Counts;
  /** How many phrases of {@link SHORTEST} to {@link LONGEST} words their own text says more than once. */
  readonly repeated: number;
  /** Of the longest of them, the one said most often. */
  readonly favourite: Phrase;
}

const SHORTEST = 2;
const LONGEST = 7;

/** Counts the words of some files, and the phrases that each repeats; `report` hears of each file done. */
export async function readFiles(files: readonly string[], report: (files: number) => void): Promise<Census> {
  const words: Counts = new Map();
  let repeated = 0;
  let favourite: Phrase = { words: "", times: 0 };
  for (const file of files) {
    const text = wordsOf(await readFile(file, "utf8"));
    for (const word of text) words.set(word, (words.get(word) ?? 0) + 1);
    for (let length = SHORTEST; length <= LONGEST; length++) {
      for (const [phrase, times] of phrasesOf(text, length)) {
        if (times === 1) continue;
        repeated++;
        if (length === LONGEST) favourite = preferred(favourite, { words: phrase, times });
      }
    }
    report(1);
  }
  return { words, repeated, favourite };
}

/** "word/tag": the tag begins after the last slash. Numbers and punctuation are no words. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const token of text.split(/\s+/)) {
    const word = token.slice(0, token.lastIndexOf("/")).toLowerCase();
    if (/[a-z]/.test(word)) words.push(word);
  }
  return words;
}

/** How often each run of `length` words is there. */
function phrasesOf(text: readonly string[], length: number): Counts {
  const counts: Counts = new Map();
  for (let at = 0; at + length <= text.length; at++) {
    let phrase = text[at] as string;
    for (let next = at + 1; next < at + length; next++) phrase += ` ${text[next]}`;
    counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
  }
  return counts;
}

/** The one said more often; of two alike the first in the alphabet, so that the order of the texts does not matter. */
function preferred(a: Phrase, b: Phrase): Phrase {
  return b.times > a.times || (b.times === a.times && b.words < a.words) ? b : a;
}

/** Puts together what was found out about different texts. */
export function mergeCensus(...parts: Census[]): Census {
  const [first, ...others] = parts;
  const words: Counts = new Map(first?.words);
  for (const part of others) for (const [word, count] of part.words) words.set(word, (words.get(word) ?? 0) + count);
  return {
    words,
    repeated: parts.reduce((sum, part) => sum + part.repeated, 0),
    favourite: parts.map((part) => part.favourite).reduce(preferred, { words: "", times: 0 }),
  };
}

type ReadTask = RemoteFunction<[files: readonly string[], progress: ActorHandle<Progress>], Promise<Census>>;

export const readTask: ReadTask = remote((files: readonly string[], progress: ActorHandle<Progress>) =>
  readFiles(files, (done) => progress.add.remote("words", done)),
);

export const mergeTask: RemoteFunction<Census[], Census> = remote(mergeCensus);
