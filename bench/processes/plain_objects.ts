/** Prints the memory that the runtime keeps of plain objects that are made and dropped, some 800 bytes each: `plain_objects.ts COUNT`. */
import { parseArgs } from "node:util";
import { leftAbove, peakMiB, settledMiB } from "./resources.ts";

const [argument = "1000000"] = parseArgs({ allowPositionals: true }).positionals;
const count = Number(argument);

interface Plain {
  readonly number: number;
  readonly next: Plain | undefined;
  readonly values: readonly number[];
}

function make(number: number, depth: number): Plain {
  return { number, next: depth === 0 ? undefined : make(number + 1, depth - 1), values: Array.from({ length: 8 }, (_, i) => i) };
}

function makeAll(): number {
  return Array.from({ length: count }, (_, i) => make(i, 5)).length;
}

const before = await settledMiB();
const completed = makeAll();
const peak = peakMiB();
console.log(JSON.stringify({ completed, peak, ...(await leftAbove(before)) }));
