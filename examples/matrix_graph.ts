/**
 * A dependency graph. Two matrices are made in parallel; their refs are handed to the task that multiplies
 * them, which starts when both are there. The driver never sees the matrices: they stay in shared memory.
 *
 *   bun examples/matrix_graph.ts [size]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";

const makeMatrix = remote((size: number, seed: number) => Float64Array.from({ length: size * size }, (_, i) => (i * seed) % 10));

const multiply = remote((a: Float64Array, b: Float64Array) => {
  const n = Math.sqrt(a.length);
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] ?? 0;
      for (let j = 0; j < n; j++) product[i * n + j]! += factor * (b[k * n + j] ?? 0);
    }
  }
  return product;
});

const sum = remote((matrix: Float64Array) => matrix.reduce((total, x) => total + x, 0));

/** The sum of a product's cells by another way: column sums of one times row sums of the other. */
const expectedSum = remote((a: Float64Array, b: Float64Array) => {
  const n = Math.sqrt(a.length);
  let total = 0;
  for (let k = 0; k < n; k++) {
    let column = 0;
    let row = 0;
    for (let i = 0; i < n; i++) {
      column += a[i * n + k] ?? 0;
      row += b[k * n + i] ?? 0;
    }
    total += column * row;
  }
  return total;
});

await using _ray = await init();

const [argument = "300"] = parseArgs({ allowPositionals: true }).positionals;
const size = Number(argument);

const a = makeMatrix.remote(size, 3);
const b = makeMatrix.remote(size, 7);
const product = multiply.remote(a, b);
const [found, expected] = await get([sum.remote(product), expectedSum.remote(a, b)]);

console.log(`${size} x ${size} matrices multiplied, sum of all cells ${found}`);
console.log(`agrees with the other way: ${found === expected ? "yes" : "no"}`);
