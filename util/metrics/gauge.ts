import { travels } from "../travel.ts";
import { Metric, type MetricOptions, type Tags } from "./metric.ts";

/**
 * A number that goes up and down: queue length, temperature. Of several places that set it the last one
 * counts.
 */
export class Gauge extends Metric {
  constructor(name: string, { description = "", tagKeys = [] }: MetricOptions = {}) {
    super({ kind: "gauge", name, description, tagKeys, boundaries: [] });
  }

  set(value: number, tags?: Tags): void {
    this.record(value, tags);
  }
}

travels(
  Gauge,
  ({ definition, defaultTags }) => ({ definition, defaultTags }),
  ({ definition, defaultTags }) => new Gauge(definition.name, definition).setDefaultTags(defaultTags),
);
