/**
 * How small may a task be? 100,000 tasks that add one, then the same work as 100 tasks of 1,000 additions.
 * A task costs some microseconds; when its work costs less than that, put more work into each task.
 *
 *   bun examples/tiny_tasks.ts [count]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";

const addOne = remote((x: number) => x + 1);
const addOneToEach = remote((xs: number[]) => xs.map((x) => x + 1));

await using _ray = await init();

const [argument = "100000"] = parseArgs({ allowPositionals: true }).positionals;
const numbers = Array.from({ length: Number(argument) }, (_, i) => i);
const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);

const oneByOne = await timed("one task for each number", async () => total(await get(numbers.map((x) => addOne.remote(x)))));
const batched = await timed("one task for each 1,000", async () => {
  const batches = Array.from({ length: Math.ceil(numbers.length / 1000) }, (_, i) => numbers.slice(i * 1000, (i + 1) * 1000));
  return total((await get(batches.map((batch) => addOneToEach.remote(batch)))).flat());
});

console.log(`sums: ${oneByOne} and ${batched}, ${oneByOne === batched ? "the same" : "not the same"}`);

async function timed<T>(label: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const ms = performance.now() - start;
  console.log(`${label}: ${ms.toFixed(0)} ms, ${Math.round((numbers.length / ms) * 1000).toLocaleString("en")} numbers/s`);
  return result;
}
