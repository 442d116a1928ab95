/**
 * A matrix stored once. `put` writes it to shared memory and gives a ref; every task that gets the ref as
 * an argument reads the same memory, so the matrix is neither sent nor copied, whatever the number of
 * tasks.
 *
 *   bun examples/shared_matrix.ts [rows]
 */
import { parseArgs } from "node:util";
import { get, init, put, remote } from "mobula";

const sumRows = remote((matrix: Float64Array, from: number, to: number) => {
  let total = 0;
  for (const cell of matrix.subarray(from, to)) total += cell;
  return { total, shared: matrix.buffer instanceof SharedArrayBuffer };
});

await using _ray = await init();

const [argument = "4000"] = parseArgs({ allowPositionals: true }).positionals;
const rows = Number(argument);

const columns = 1000;
const matrix = put(new Float64Array(rows * columns).fill(0.5));
const share = (rows / 8) * columns;
const sums = await get(Array.from({ length: 8 }, (_, i) => sumRows.remote(matrix, i * share, (i + 1) * share)));

console.log(`sum of ${rows} x ${columns} cells: ${sums.reduce((total, part) => total + part.total, 0)}`);
console.log(`read in place by ${sums.filter((part) => part.shared).length} of ${sums.length} tasks`);
