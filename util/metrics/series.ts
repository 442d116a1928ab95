import type { MetricDefinition } from "./metric.ts";

/** What was recorded of one metric under one set of tag values. */
export interface Sample {
  /** In the order of the definition's tag keys. */
  readonly tagValues: readonly string[];
  /** Counter: the total. Gauge: the last value. Histogram: the sum. */
  value: number;
  /** Histogram: how many values fell into each bucket, not cumulated, the infinite one last; else empty. */
  readonly buckets: number[];
}

/** One metric with all its samples. */
export interface MetricSamples {
  readonly definition: MetricDefinition;
  readonly samples: readonly Sample[];
}

/** The most sets of tag values that are kept apart for one metric. */
export const MAX_SERIES = 1_000;

/**
 * What the tags read where more sets came than {@link MAX_SERIES}: a tag with endless values stays bounded.
 */
export const OVERFLOW = "overflow";

/** The samples of one metric, added up as they come. */
export class Series {
  readonly definition: MetricDefinition;
  #samples: Map<string, Sample> = new Map();

  constructor(definition: MetricDefinition) {
    this.definition = definition;
  }

  /** Adds one value. */
  record(tagValues: readonly string[], value: number): void {
    const sample = this.#at(tagValues);
    if (this.definition.kind === "gauge") {
      sample.value = value;
    } else {
      sample.value += value;
    }
    if (this.definition.kind === "histogram") {
      const fits = this.definition.boundaries.findIndex((bound) => value <= bound);
      const at = fits < 0 ? this.definition.boundaries.length : fits;
      sample.buckets[at] = (sample.buckets[at] ?? 0) + 1;
    }
  }

  /** Adds what was recorded elsewhere. A gauge takes the later value, which is the one that arrives. */
  merge({ tagValues, value, buckets }: Sample): void {
    const sample = this.#at(tagValues);
    sample.value = this.definition.kind === "gauge" ? value : sample.value + value;
    buckets.forEach((count, i) => {
      sample.buckets[i] = (sample.buckets[i] ?? 0) + count;
    });
  }

  samples(): Sample[] {
    return [...this.#samples.values()];
  }

  #at(tagValues: readonly string[]): Sample {
    const key = JSON.stringify(tagValues);
    const known = this.#samples.get(key);
    if (known !== undefined) return known;
    const spare = tagValues.map(() => OVERFLOW);
    if (this.#samples.size >= MAX_SERIES && key !== JSON.stringify(spare)) return this.#at(spare);
    const { kind, boundaries } = this.definition;
    const buckets = kind === "histogram" ? [...boundaries.map(() => 0), 0] : [];
    const sample: Sample = { tagValues, value: 0, buckets };
    this.#samples.set(key, sample);
    return sample;
  }
}
