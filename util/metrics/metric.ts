import { record } from "./recorder.ts";

/** Label values by tag key. */
export type Tags = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** One line for people; it becomes Prometheus's HELP. */
  readonly description?: string;
  /** The keys by which values are told apart. Each must have a value, given or default, on every record. */
  readonly tagKeys?: readonly string[];
}

/** All that must be known of a metric to collect and to print it. */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly description: string;
  readonly tagKeys: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending, without the last, infinite one; else empty. */
  readonly boundaries: readonly number[];
}

/**
 * What counters, gauges and histograms have in common. Two metrics of one name are one metric, wherever they
 * were made.
 */
export abstract class Metric {
  readonly definition: MetricDefinition;
  #defaults: Tags = {};

  constructor(definition: MetricDefinition) {
    const { name, tagKeys } = definition;
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) {
      throw new RangeError(`"${name}" is no metric name: letters, digits, _ and : only, no digit first`);
    }
    for (const key of tagKeys) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key) || key === "le") {
        throw new RangeError(`"${key}" is no tag key of ${name}: letters, digits and _ only, no digit first, not "le"`);
      }
    }
    this.definition = definition;
  }

  /** Tags for records that do not give them. Replaces earlier defaults. */
  setDefaultTags(tags: Tags): this {
    this.#checkKeys(tags);
    this.#defaults = { ...tags };
    return this;
  }

  get defaultTags(): Tags {
    return this.#defaults;
  }

  /** @throws {RangeError} for a value that is no finite number, an unknown tag, or a tag without a value */
  protected record(value: number, tags: Tags = {}): void {
    const { name, tagKeys } = this.definition;
    if (!Number.isFinite(value)) throw new RangeError(`${name}: ${value} is no finite number`);
    this.#checkKeys(tags);
    const values = tagKeys.map((key) => {
      const given = tags[key] ?? this.#defaults[key];
      if (given === undefined) throw new RangeError(`${name}: no value for the tag "${key}"`);
      return String(given);
    });
    record(this.definition, values, value);
  }

  #checkKeys(tags: Tags): void {
    const { name, tagKeys } = this.definition;
    for (const key of Object.keys(tags)) {
      if (!tagKeys.includes(key)) {
        throw new RangeError(`${name} has no tag "${key}"; it has ${tagKeys.join(", ") || "none"}`);
      }
    }
  }
}
