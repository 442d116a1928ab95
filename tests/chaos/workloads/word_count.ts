import { get, getRuntimeContext, type ObjectRef, remote } from "../../../mod.ts";
import type { Round } from "./round.ts";

const VOCABULARY = 60_000;
const PARTS = 4;
const WORDS = 60_000;
const TEXTS = 8;

/** The words of a text, by number: some are much more frequent than others. */
function* words(seed: number, count: number): Generator<number> {
  let state = seed | 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const spread = state / 2 ** 32;
    yield Math.floor(spread * spread * VOCABULARY);
  }
}

/** How often each word is in a text: a large array for each part of the vocabulary. */
export function count(seed: number): Float64Array[] {
  const size = VOCABULARY / PARTS;
  const parts = Array.from({ length: PARTS }, () => new Float64Array(size));
  for (const word of words(seed, WORDS)) {
    const part = parts[Math.floor(word / size)] as Float64Array;
    part[word % size] = (part[word % size] as number) + 1;
  }
  return parts;
}

function sum(counts: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(VOCABULARY / PARTS);
  for (const each of counts) for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (each[i] as number);
  return total;
}

/** A number that no other counts are likely to have. */
function digest(counts: Float64Array): number {
  let hash = 0;
  for (let i = 0; i < counts.length; i++) hash = (Math.imul(hash, 31) + (counts[i] as number)) | 0;
  return hash;
}

/** Some of the workers that count end in the middle of it. */
const counting = remote(
  async (seed: number, deadly: boolean) => {
    const { attempt } = getRuntimeContext();
    const parts = count(seed);
    if (deadly && (seed >>> 3) % 5 === 0 && attempt < 1 + (seed % 2)) process.exit(7);
    return parts;
  },
  { maxRetries: -1, numReturns: PARTS },
);
const adding = remote((...counts: Float64Array[]) => sum(counts), { maxRetries: -1 });
const digesting = remote((counts: Float64Array) => digest(counts), { maxRetries: -1 });

function seeds({ seed, round }: Pick<Round, "seed" | "round">): number[] {
  return Array.from({ length: TEXTS }, (_, text) => (Math.imul(seed + round * TEXTS + text + 1, 2_654_435_761) >>> 0) | 1);
}

/** Counts the words of many texts: each text in a task, the counts of each part of the vocabulary added up in another. */
export async function wordCount(round: Round): Promise<number[]> {
  const counted = seeds(round).map((seed) => counting.remote(seed, round.deadly) as unknown as ObjectRef<Float64Array>[]);
  const totals = Array.from({ length: PARTS }, (_, part) => adding.remote(...counted.map((parts) => parts[part] as ObjectRef<Float64Array>)));
  for (const ref of counted.flat()) ref[Symbol.dispose]();
  const digests = totals.map((total) => digesting.remote(total));
  for (const total of totals) total[Symbol.dispose]();
  return await get(digests, { timeoutMs: round.timeoutMs });
}

/** What it must come to. */
export function wordCountHere(round: Pick<Round, "seed" | "round">): number[] {
  const counted = seeds(round).map(count);
  return Array.from({ length: PARTS }, (_, part) => digest(sum(counted.map((parts) => parts[part] as Float64Array))));
}
