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
export const quickPlan: Plan = { quick: true, repeats: 4, seconds: 0.3, warmUpSeconds: 0.1 };

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
