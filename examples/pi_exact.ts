/**
 * π in exact fractions. Each task adds up some terms of Machin's formula, π = 16 arctan(1/5) - 4
 * arctan(1/239), as a fraction of two bigints; no digit is ever rounded, so the order of the additions does
 * not matter and a tree of tasks adds the rest.
 *
 *   bun examples/pi_exact.ts [digits]
 */
import { parseArgs } from "node:util";
import { get, init, type ObjectRef, remote } from "mobula";

type Fraction = [numerator: bigint, denominator: bigint];

/** factor · (terms `from` to `to` of arctan(1/x)): the sum of ±1 / ((2k + 1) · x^(2k + 1)). */
const terms = remote((factor: bigint, x: bigint, from: number, to: number): Fraction => {
  const add = (first: number, end: number): Fraction => {
    if (end - first === 1) {
      const k = BigInt(first);
      return [first % 2 === 0 ? factor : -factor, (2n * k + 1n) * x ** (2n * k + 1n)];
    }
    const middle = (first + end) >> 1;
    const [a, b] = add(first, middle);
    const [c, d] = add(middle, end);
    return [a * d + c * b, b * d];
  };
  return add(from, to);
});

const plus = remote(([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d]);

await using _ray = await init();

const [argument = "100"] = parseArgs({ allowPositionals: true }).positionals;
const digits = Number(argument);

/** Twenty terms a task; enough of them that the first one left out is smaller than the last digit. */
const series = (factor: bigint, x: bigint): ObjectRef<Fraction>[] => {
  const needed = Math.ceil((digits + 5) / (2 * Math.log10(Number(x)))) + 1;
  return Array.from({ length: Math.ceil(needed / 20) }, (_, i) => terms.remote(factor, x, 20 * i, 20 * (i + 1)));
};

let sums = [...series(16n, 5n), ...series(-4n, 239n)];
const tasks = sums.length;
while (sums.length > 1) {
  const [a, b, ...rest] = sums as [ObjectRef<Fraction>, ObjectRef<Fraction>, ...ObjectRef<Fraction>[]];
  sums = [...rest, plus.remote(a, b)];
}

const [[numerator, denominator]] = (await get(sums)) as [Fraction];
const scaled = (numerator * 10n ** BigInt(digits)) / denominator;
console.log(`pi = 3.${scaled.toString().slice(1)}`);
console.log(`from ${tasks} fractions; the last digits are ${scaled.toString().slice(-10)}`);
