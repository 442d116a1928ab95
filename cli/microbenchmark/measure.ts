/** How long a row is measured. */
export interface Plan {
  /** A short run that shows that everything works; its figures say little. */
  readonly quick: boolean;
  readonly repeats: number;
  /** The least time that one repeat takes. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** Ray's own: a second of warm-up, then four runs of two seconds each. */
export const fullPlan: Plan = { quick: false, repeats: 4, seconds: 2, warmUpSeconds: 1 };
export const quickPlan: Plan = { quick: true, repeats: 2, seconds: 0.2, warmUpSeconds: 0.1 };

/** For rows that are not Ray's: two fifths of the time, so that the whole suite takes 7 minutes in a runtime. */
export function briefly(plan: Plan): Plan {
  return { ...plan, seconds: plan.seconds * 0.4, warmUpSeconds: plan.warmUpSeconds * 0.5 };
}

/** What is called again and again. */
export interface Loop {
  /** Runs so many rounds, one after the other, and says how many calls came back with the right result. */
  run(rounds: number): number | Promise<number>;
  close?(): void | Promise<void>;
}

/** The figures of a row, in its unit. */
export interface Figures {
  readonly mean: number;
  /** The standard deviation of the samples. */
  readonly sd: number;
  readonly median: number;
  readonly samples: readonly number[];
  /** How many calls were made, and how many of them came back with the right result. */
  readonly calls: number;
  readonly completed: number;
}

export interface Pace {
  /** Calls in a round. */
  readonly calls: number;
  /** How much a round counts in the row's unit; the number of calls unless stated. */
  readonly worth?: number;
}

/**
 * Ray's method: rounds are run in blocks of a tenth of what the warm-up managed, and one more; a repeat ends with
 * the first block that ends after its time. The samples are rates: worth of rounds by seconds.
 */
export async function measureRate(loop: Loop, pace: Pace, plan: Plan): Promise<Figures> {
  let rounds = 0;
  let completed = 0;
  const run = async (block: number): Promise<void> => {
    rounds += block;
    completed += await loop.run(block);
  };
  const warmUpEnd = performance.now() + plan.warmUpSeconds * 1000;
  do await run(1);
  while (performance.now() < warmUpEnd);
  const block = Math.floor(rounds / 10) + 1;
  const samples: number[] = [];
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    const before = rounds;
    const start = performance.now();
    const end = start + plan.seconds * 1000;
    do await run(block);
    while (performance.now() < end);
    samples.push(((rounds - before) * (pace.worth ?? pace.calls) * 1000) / (performance.now() - start));
  }
  return figuresOf(samples, { calls: rounds * pace.calls, completed });
}

/** How long one of two that take turns runs before the other does. */
const SLICE_SECONDS = 0.25;
/** Calls between two looks at the time. */
const SLICE_BLOCK = 50;

/**
 * How many times the rate of `control` that of `loop` is, where a round of either is one call. They take turns in slices
 * of a quarter of a second, and a sample is the ratio of two neighbours: so whatever else the machine does, and how fast
 * it wakes threads just then, meets both alike. Measured one after the other, minutes apart, the same two differ by up to
 * four times on a virtual machine, whose idle cores are sometimes halted and sometimes polled.
 */
export async function measureRatio(loop: Loop, control: Loop, plan: Plan): Promise<Figures> {
  const slice = Math.min(SLICE_SECONDS, plan.seconds / 2);
  let calls = 0;
  let completed = 0;
  const rateOf = async (each: Loop): Promise<number> => {
    const start = performance.now();
    let rounds = 0;
    while (performance.now() - start < slice * 1000) {
      const right = await each.run(SLICE_BLOCK);
      rounds += SLICE_BLOCK;
      if (each !== loop) continue;
      calls += SLICE_BLOCK;
      completed += right;
    }
    return rounds / (performance.now() - start);
  };
  const warmUpEnd = performance.now() + plan.warmUpSeconds * 1000;
  do {
    await rateOf(control);
    await rateOf(loop);
  } while (performance.now() < warmUpEnd);
  const samples: number[] = [];
  const pairs = Math.max(2, Math.round((plan.repeats * plan.seconds) / (2 * slice)));
  for (let i = 0; i < pairs; i++) {
    const order = i % 2 === 0 ? [loop, control] : [control, loop];
    const [first = 0, second = 0] = [await rateOf(order[0] as Loop), await rateOf(order[1] as Loop)];
    samples.push(i % 2 === 0 ? first / second : second / first);
  }
  return figuresOf(samples, { calls, completed });
}

export function figuresOf(samples: readonly number[], counts: Pick<Figures, "calls" | "completed">): Figures {
  const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length;
  const variance = samples.reduce((sum, each) => sum + (each - mean) ** 2, 0) / samples.length;
  return { mean, sd: Math.sqrt(variance), median: median(samples), samples, ...counts };
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
