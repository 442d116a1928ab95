import { styleText } from "node:util";
import type { Census } from "./words.ts";

const number = new Intl.NumberFormat("en");

export function title(text: string): void {
  console.log(`\n  ${styleText("bold", text)}`);
}

export function wordTable({ words: counts, repeated, favourite }: Census): void {
  const top = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 10);
  const most = top[0]?.[1] ?? 1;
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  console.log();
  for (const [word, count] of top) {
    const bar = "▇".repeat(Math.max(1, Math.round((28 * count) / most)));
    console.log(`    ${word.padEnd(6)}${number.format(count).padStart(8)}  ${styleText("cyan", bar)}`);
  }
  console.log(`\n    ${number.format(total)} words, ${number.format(counts.size)} of them different`);
  console.log(`    ${number.format(repeated)} phrases that a text says again, "${favourite.words}" ${favourite.times} times`);
}

export function piLine(inside: number, samples: number): void {
  const pi = (4 * inside) / samples;
  console.log(`\n    π ≈ ${styleText("bold", pi.toFixed(6))}, off by ${Math.abs(pi - Math.PI).toFixed(6)}`);
}

/** How long a piece of work took, in milliseconds, in tasks and in one thread. */
export interface Timing {
  readonly work: string;
  readonly parallel: number;
  readonly single: number;
}

export function timeTable(timings: readonly Timing[]): void {
  const row = (first: string, ...cells: string[]): string => `    ${first.padEnd(8)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  console.log(`\n${styleText("dim", row("", "in parallel", "one thread", "speed-up"))}`);
  for (const { work, parallel, single } of timings) {
    console.log(row(work, seconds(parallel), seconds(single), `${(single / parallel).toFixed(1)} x`));
  }
}

export function verdict(same: boolean): void {
  const line = same ? styleText("green", "✓ both ways give the same result") : styleText("red", "✗ the two ways differ");
  console.log(`\n  ${line}\n`);
}
