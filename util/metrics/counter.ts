import { travels } from "../travel.ts";
import { Metric, type MetricOptions, type Tags } from "./metric.ts";

/** A number that only grows: requests served, bytes read. */
export class Counter extends Metric {
  constructor(name: string, { description = "", tagKeys = [] }: MetricOptions = {}) {
    super({ kind: "counter", name, description, tagKeys, boundaries: [] });
  }

  /** @throws {RangeError} for a negative amount */
  inc(amount = 1, tags?: Tags): void {
    if (amount < 0) throw new RangeError(`${this.definition.name} only grows; ${amount} is negative`);
    this.record(amount, tags);
  }
}

travels(
  Counter,
  ({ definition, defaultTags }) => ({ definition, defaultTags }),
  ({ definition, defaultTags }) => new Counter(definition.name, definition).setDefaultTags(defaultTags),
);
