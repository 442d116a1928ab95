/** Prints how long so many queued tasks take, and the memory: `million_tasks.ts COUNT`. */
import { parseArgs } from "node:util";
import { get, init, remote, shutdown } from "mobula";
import { leftAbove, peakMiB, settledMiB } from "./resources.ts";

const [argument = "1000000"] = parseArgs({ allowPositionals: true }).positionals;
const count = Number(argument);
const next = remote((x: number) => x + 1);

async function runAll(tasks: number): Promise<number> {
  const values = await get(Array.from({ length: tasks }, (_, i) => next.remote(i)));
  let completed = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === i + 1) completed++;
  return completed;
}

await init();
await runAll(1000);
const before = await settledMiB();
const start = performance.now();
const completed = await runAll(count);
const seconds = (performance.now() - start) / 1000;
const peak = peakMiB();
const memory = await leftAbove(before);
await shutdown();
console.log(JSON.stringify({ rate: count / seconds, completed, peak, ...memory }));
