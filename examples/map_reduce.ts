/**
 * Map and reduce. A plain lambda travels as an argument; refs are passed where values are expected, so that
 * the reduction is submitted before a single square is known. A simple reduction gathers everything in one
 * task; a tree adds up pairs in parallel, level by level.
 *
 *   bun examples/map_reduce.ts [count]
 */
import { parseArgs } from "node:util";
import { get, init, type ObjectRef, remote } from "mobula";

const map = remote((item: number, fn: (item: number) => number) => fn(item));
const sum = remote((...parts: number[]) => parts.reduce((a, b) => a + b, 0));

await using _ray = await init();

const [argument = "64"] = parseArgs({ allowPositionals: true }).positionals;
const items = Array.from({ length: Number(argument) }, (_, i) => i);

const squares = items.map((item) => map.remote(item, (x) => x * x));
console.log(`simple reduce: ${await get(sum.remote(...squares))}`);

let level: ObjectRef<number>[] = squares;
let depth = 0;
for (; level.length > 1; depth++) {
  const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => level.slice(2 * i, 2 * i + 2));
  level = pairs.map((pair) => sum.remote(...pair));
}
console.log(`tree reduce: ${await get(level)} in ${depth} levels`);
