/**
 * The shortest program: 400 squares, each a task. Nothing is started by hand: the first `.remote()` starts
 * a node in this process, as `ray.init()` would, and `shutdown` ends it.
 *
 *   bun examples/squares.ts
 */
import * as ray from "mobula";

const square = ray.remote((x: number) => x * x);

const refs = Array.from({ length: 400 }, (_, x) => square.remote(x));
const squares = await ray.get(refs);

console.log(`first and last: ${squares[0]}, ${squares[399]}`);
console.log(`sum of 400 squares: ${squares.reduce((a, b) => a + b)}`);

await ray.shutdown();
