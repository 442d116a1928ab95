import { expect } from "bun:test";
import { readdir } from "node:fs/promises";
import { type RunOptions, runScript } from "./run_script.ts";

/** What an example must print, whatever it runs on. */
export interface Expectation {
  /** Arguments that make it quick. */
  readonly args?: readonly string[];
  /** What it must print. */
  readonly prints: readonly (string | RegExp)[];
}

/** Every example has its row; one without fails. */
export const expectations: Readonly<Record<string, Expectation>> = {
  "as_they_complete.ts": { args: ["400"], prints: ["a simulation of 400 ms is done", "total: 1000 ms of simulation"] },
  "batch_prediction.ts": {
    args: ["6"],
    prints: ["tasks: 6 loads", "actors: 2 loads", "said yes: 300 by tasks, 300 by actors, who handled 6 batches"],
  },
  "counters.ts": { prints: ["once: [1,1,1,1]", "ten times more: [11,11,11,11]"] },
  "demo.ts": {
    prints: [
      "of 500 files",
      /the +69,971/,
      /of +36,412/,
      "1,005,119 words, 48,052 of them different",
      /[\d,]+ phrases that a text says again, ".+" \d+ times/,
      /π ≈ 3\.141\d+, off by 0\.000/,
      /words +[\d.]+ s +[\d.]+ s +[\d.]+ x/,
      "✓ both ways give the same result",
    ],
  },
  "map_reduce.ts": { prints: ["simple reduce: 85344", "tree reduce: 85344 in 6 levels"] },
  "matrix_graph.ts": { args: ["120"], prints: ["sum of all cells 34992000", "agrees with the other way: yes"] },
  "paillier.ts": {
    args: ["400"],
    prints: [/one by one: 400 numbers in [\d.]+ s, their sum 79800 is right/, /in 20 batches: 400 numbers in [\d.]+ s, their sum 79800 is right/],
  },
  "parallel_sleep.ts": { args: ["800"], prints: ["slept: 0, 1, 2, 3", "faster than one after another: yes"] },
  "parameter_server.ts": {
    args: ["60"],
    prints: ["weights: 1.00 2.00 3.00 4.00 5.00 6.00 7.00 8.00", "two shards learn the same: yes"],
  },
  "pi_exact.ts": {
    prints: ["pi = 3.14159265358979323846264338327950288", "the last digits are 3421170679"],
  },
  "pi_progress.ts": { args: ["300000"], prints: ["progress: 100 %", "off by less than 0.01: yes"] },
  "shared_matrix.ts": {
    args: ["800"],
    prints: ["sum of 800 x 1000 cells: 400000", "read in place by 8 of 8 tasks"],
  },
  "squares.ts": { prints: ["first and last: 0, 159201", "sum of 400 squares: 21253400"] },
  "streaming_word_count.ts": {
    args: ["25"],
    prints: ["100 partial counts from 4 readers", "top words: the 400, and 300, 'twas 100"],
  },
  "tiny_tasks.ts": { args: ["20000"], prints: ["sums: 200010000 and 200010000, the same"] },
};

/** The scripts that there are. */
export const examples: readonly string[] = (await readdir(new URL("../../examples/", import.meta.url))).filter((name) => name.endsWith(".ts")).sort();

/** Runs an example and checks that it prints its results and ends by itself. */
export async function checkExample(file: string, options: RunOptions = {}): Promise<void> {
  const { args = [], prints } = expectations[file] ?? { prints: [] };
  const { code, output, ended } = await runScript(`examples/${file}`, args, options);
  expect({ ended, code, output: ended && code === 0 ? "" : output }).toEqual({ ended: true, code: 0, output: "" });
  for (const part of prints) {
    if (typeof part === "string") expect(output).toContain(part);
    else expect(output).toMatch(part);
  }
}
