/** How much of two workers' time goes into the tasks themselves. */
import { get, type ObjectRef, remote } from "../../../mod.ts";
import { median, type Plan } from "../measure.ts";
import { type Family, type Row, type Sample, sampleRow } from "../row.ts";
import type { Target } from "../target.ts";

const WORKERS = 2;
/** Short tasks before the samples: the engine compiles what runs until some 100,000 have run. */
const WARM_UP = { turns: 40, tasks: 3_000, steps: 20_000 };

/** Counts, whatever the time; says how many milliseconds it took. */
const spin = remote((steps: number): number => {
  const start = performance.now();
  let x = 1;
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  // The result depends on x, so that the loop cannot be left out.
  return performance.now() - start + (x === 0.5 ? 1 : 0);
});

interface Work {
  readonly steps: number;
  /** Milliseconds that one takes while every worker does nothing else. */
  readonly length: number;
}

/** How long `steps` take in a worker while all workers work and nobody asks for more. */
async function lengthOf(steps: number, rounds: number): Promise<number> {
  const lengths: number[] = [];
  for (let i = 0; i < rounds; i++) {
    lengths.push(...(await get(Array.from({ length: WORKERS }, () => spin.remote(steps)))));
  }
  return median(lengths);
}

/** Finds how many steps take `ms` in the workers, after their compilers have seen the loop. */
async function calibrate(ms: number): Promise<Work> {
  let steps = 100_000;
  await lengthOf(steps, 50);
  // Twice, as the second look starts from a length close to the one wanted.
  for (let i = 0; i < 2; i++) steps = Math.max(1, Math.round((steps * ms) / (await lengthOf(steps, 20))));
  return { steps, length: await lengthOf(steps, 20) };
}

async function run(works: readonly Work[]): Promise<{ ideal: number; actual: number } & Pick<Sample, "calls" | "completed">> {
  const start = performance.now();
  const refs: ObjectRef<number>[] = works.map(({ steps }) => spin.remote(steps));
  const lengths = await get(refs);
  const actual = performance.now() - start;
  const ideal = works.reduce((sum, { length }) => sum + length, 0) / WORKERS;
  return { ideal, actual, calls: works.length, completed: lengths.filter((ms) => ms >= 0).length };
}

async function warmUp({ quick }: Plan): Promise<void> {
  const { turns, tasks, steps } = WARM_UP;
  for (let i = 0; i < (quick ? 2 : turns); i++) await get(Array.from({ length: tasks }, () => spin.remote(steps)));
}

function efficiencyRow(ms: number, target?: Target): Row {
  const targets = target === undefined ? [] : [target];
  const samples = ({ quick }: Plan): number => (quick ? 1 : 4);
  return sampleRow(`parallel efficiency, ${ms} ms tasks`, { unit: "%", targets, samples, warmUp }, async ({ quick }) => {
    const work = await calibrate(ms);
    const count = Math.round((quick ? 200 : 3000) / ms);
    const { ideal, actual, ...counts } = await run(Array<Work>(count).fill(work));
    return { value: (100 * ideal) / actual, ...counts };
  });
}

/** Long and short tasks in an order that is the same each time and favours nobody. */
function mixed(long: Work, short: Work, quick: boolean): Work[] {
  const works = [...Array<Work>(quick ? 10 : 100).fill(long), ...Array<Work>(quick ? 1000 : 10_000).fill(short)];
  let seed = 1;
  for (let i = works.length - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const k = seed % (i + 1);
    [works[i], works[k]] = [works[k] as Work, works[i] as Work];
  }
  return works;
}

export const efficiency: Family = {
  name: "efficiency",
  node: { numCpus: WORKERS },
  rows: [
    efficiencyRow(10),
    efficiencyRow(1, { atLeast: 95, deno: 63 }),
    efficiencyRow(0.1, { atLeast: 80, deno: 53 }),
    sampleRow(
      "makespan of 100 × 50 ms and 10,000 × 0.1 ms",
      { unit: "×", targets: [{ atMost: 1.15 }], samples: ({ quick }) => (quick ? 1 : 4), warmUp },
      async ({ quick }) => {
        const works = mixed(await calibrate(50), await calibrate(0.1), quick);
        const { ideal, actual, ...counts } = await run(works);
        return { value: actual / ideal, ...counts };
      },
    ),
  ],
};
