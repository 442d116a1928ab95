/** What a row's median has to reach: a number in the row's unit, or a multiple of another row's median. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The row of the same run that `atLeast` or `atMost` is a multiple of. */
  readonly of?: string;
  /** The number for Deno. Unless stated, it is the same, and for multiples of another row two thirds. */
  readonly deno?: number;
}

export interface Verdict {
  /** As people read it: `≥ 0.6 × raw round trip`. */
  readonly target: string;
  /** The row's median, or how many times the other row's it is; undefined when that row did not run. */
  readonly actual: number | undefined;
  readonly reached: boolean | undefined;
}

/** Judges one row. `medianOf` gives the medians of the other rows of the run, undefined for those that have none. */
export function judge(
  target: Target,
  median: number,
  { runtime, medianOf }: { runtime: string; medianOf(row: string): number | undefined },
): Verdict {
  const stated = target.atLeast ?? target.atMost ?? Number.NaN;
  const other = target.of === undefined ? 1 : medianOf(target.of);
  const limit = runtime === "deno" ? (target.deno ?? (target.of === undefined ? stated : (stated * 2) / 3)) : stated;
  const sign = target.atLeast === undefined ? "≤" : "≥";
  const text = `${sign} ${limit.toLocaleString("en", { maximumFractionDigits: 2 })}`;
  const actual = other === undefined ? undefined : median / other;
  return {
    target: target.of === undefined ? text : `${text} × ${target.of}`,
    actual,
    reached: actual === undefined ? undefined : target.atLeast === undefined ? actual <= limit : actual >= limit,
  };
}
