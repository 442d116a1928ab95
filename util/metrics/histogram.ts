import { travels } from "../travel.ts";
import { Metric, type MetricOptions, type Tags } from "./metric.ts";

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds of the buckets, ascending; one more for everything above is added. */
  readonly boundaries: readonly number[];
}

/** How values are spread: latencies, sizes. */
export class Histogram extends Metric {
  constructor(name: string, { description = "", tagKeys = [], boundaries }: HistogramOptions) {
    const ascending = boundaries.every((bound, i) => Number.isFinite(bound) && bound > (boundaries[i - 1] ?? -Infinity));
    if (boundaries.length === 0 || !ascending) {
      throw new RangeError(`${name}: boundaries must be ascending finite numbers, at least one`);
    }
    super({ kind: "histogram", name, description, tagKeys, boundaries: [...boundaries] });
  }

  observe(value: number, tags?: Tags): void {
    this.record(value, tags);
  }
}

travels(
  Histogram,
  ({ definition, defaultTags }) => ({ definition, defaultTags }),
  ({ definition, defaultTags }) => new Histogram(definition.name, definition).setDefaultTags(defaultTags),
);
