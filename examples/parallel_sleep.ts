/**
 * Four naps at once. `remote` turns a function into a task, `.remote()` starts it and gives a ref at once,
 * and `get` waits for the values: the time of one nap, not of four.
 *
 *   bun examples/parallel_sleep.ts [milliseconds]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";

const nap = remote(async (id: number, ms: number) => {
  await new Promise((wake) => setTimeout(wake, ms));
  return id;
});

await using _ray = await init({ numCpus: 4 });

const [argument = "1000"] = parseArgs({ allowPositionals: true }).positionals;
const napMs = Number(argument);

const start = performance.now();
const refs = [0, 1, 2, 3].map((id) => nap.remote(id, napMs));
const submitted = performance.now() - start;
const sleepers = await get(refs);
const elapsed = performance.now() - start;

console.log(`slept: ${sleepers.join(", ")}`);
console.log(`4 naps of ${napMs} ms: submitted in ${submitted.toFixed(1)} ms, over after ${elapsed.toFixed(0)} ms`);
console.log(`faster than one after another: ${elapsed < 4 * napMs ? "yes" : "no"}`);
