import type { InitOptions } from "../../mod.ts";
import { type Figures, figuresOf, type Loop, measureRate, measureRatio, type Pace, type Plan } from "./measure.ts";
import type { Target } from "./target.ts";

export type Unit = "/s" | "GB/s" | "ms" | "µs" | "MiB" | "bytes" | "%" | "×";

/** A row that cannot run here, and why. */
export interface Skipped {
  readonly skipped: string;
}

export interface Row {
  /** Unique in the suite; where Ray's microbenchmark has the row, its name there. */
  readonly name: string;
  readonly unit: Unit;
  readonly targets: readonly Target[];
  /** Throws when the row does not work; a wrong result is told by the counts. */
  measure(plan: Plan): Promise<Figures | Skipped>;
}

/** Rows that are measured one after the other. */
export interface Family {
  readonly name: string;
  /** Options of the node that runs while these rows are measured, a fresh one for each family. None: no node runs. */
  readonly node?: InitOptions;
  /** None of its rows is one of Ray's: they are measured for a shorter time. */
  readonly brief?: boolean;
  readonly rows: readonly Row[];
}

export interface RateOptions extends Pace {
  readonly unit?: Unit;
  readonly targets?: readonly Target[];
}

/** A row measured by Ray's method. What `open` makes is closed afterwards. */
export function rateRow(name: string, options: RateOptions, open: (plan: Plan) => Loop | Promise<Loop>): Row {
  const { unit = "/s", targets = [], ...pace } = options;
  return {
    name,
    unit,
    targets,
    async measure(plan) {
      const loop = await open(plan);
      try {
        return await measureRate(loop, pace, plan);
      } finally {
        await loop.close?.();
      }
    },
  };
}

/** Two that are measured in turns. */
export interface Pair {
  readonly loop: Loop;
  readonly control: Loop;
}

/** A row that says how many times its control's rate is reached, both measured in turns. What `open` makes is closed afterwards. */
export function ratioRow(name: string, targets: readonly Target[], open: () => Promise<Pair | Skipped>): Row {
  return {
    name,
    unit: "×",
    targets,
    async measure(plan) {
      const pair = await open();
      if ("skipped" in pair) return pair;
      try {
        return await measureRatio(pair.loop, pair.control, plan);
      } finally {
        await pair.loop.close?.();
        await pair.control.close?.();
      }
    },
  };
}

export interface Sample {
  readonly value: number;
  /** Calls made for it, and how many came back with the right result; one and one unless stated. */
  readonly calls?: number;
  readonly completed?: number;
}

export interface SampleOptions {
  readonly unit: Unit;
  readonly targets?: readonly Target[];
  /** How many samples; one unless stated. */
  readonly samples?: (plan: Plan) => number;
  /** What runs once before the samples, and does not count. */
  readonly warmUp?: (plan: Plan) => Promise<void>;
}

/** A row whose samples are taken one by one. */
export function sampleRow(name: string, options: SampleOptions, take: (plan: Plan) => Promise<Sample | Skipped>): Row {
  const { unit, targets = [], samples = () => 1, warmUp } = options;
  return {
    name,
    unit,
    targets,
    async measure(plan) {
      const taken: Sample[] = [];
      await warmUp?.(plan);
      while (taken.length < samples(plan)) {
        const sample = await take(plan);
        if ("skipped" in sample) return sample;
        taken.push(sample);
      }
      const total = (count: (sample: Sample) => number): number => taken.reduce((sum, each) => sum + count(each), 0);
      return figuresOf(
        taken.map(({ value }) => value),
        { calls: total(({ calls = 1 }) => calls), completed: total(({ completed = 1 }) => completed) },
      );
    },
  };
}
