/**
 * Results as they complete. `wait` splits refs into those that are ready and the rest, so that the quick
 * ones are processed while the slow ones still run: the whole takes little longer than the slowest
 * simulation.
 *
 *   bun examples/as_they_complete.ts [milliseconds of the slowest]
 */
import { parseArgs } from "node:util";
import { get, init, type ObjectRef, remote, wait } from "mobula";

const simulate = remote(async (ms: number) => {
  await new Promise((done) => setTimeout(done, ms));
  return ms;
});

await using _ray = await init({ numCpus: 4 });

const [argument = "1000"] = parseArgs({ allowPositionals: true }).positionals;
const slowest = Number(argument);

let unfinished: ObjectRef<number>[] = [1, 0.25, 0.75, 0.5].map((share) => simulate.remote(slowest * share));
let total = 0;
while (unfinished.length > 0) {
  const [ready, notReady] = await wait(unfinished, { numReturns: 1 });
  unfinished = notReady;
  for (const ms of await get(ready)) {
    total += ms;
    console.log(`a simulation of ${ms} ms is done, ${unfinished.length} to go`);
  }
}
console.log(`total: ${total} ms of simulation`);
