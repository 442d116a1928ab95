import { setTimeout } from "node:timers";
import type { MetricDefinition } from "./metric.ts";
import { type MetricSamples, Series } from "./series.ts";
import { collectorSink, type MetricsSink } from "./sink.ts";

/**
 * How long a place gathers before it reports, in milliseconds: one message for all that happened meanwhile.
 */
const REPORT_INTERVAL_MS = 250;

let sink: MetricsSink = collectorSink;
let series: Map<string, Series> = new Map();
let scheduled = false;

/** Sends this place's metrics elsewhere. Each place chooses for itself. */
export function setMetricsSink(other: MetricsSink): void {
  sink = other;
}

/**
 * Adds one value to what this place has to report.
 * @throws {RangeError} when the name was used for a metric of another kind or with other tags here
 */
export function record(definition: MetricDefinition, tagValues: readonly string[], value: number): void {
  let own = series.get(definition.name);
  if (own === undefined) {
    own = new Series(definition);
    series.set(definition.name, own);
  } else if (own.definition.kind !== definition.kind || own.definition.tagKeys.join() !== definition.tagKeys.join()) {
    throw new RangeError(`${definition.name} is already a ${own.definition.kind} with tags [${own.definition.tagKeys}]`);
  }
  own.record(tagValues, value);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const timer = setTimeout(() => {
    scheduled = false;
    // A report that fails is lost; metrics never fail the work that they measure.
    flushMetrics().catch(() => {});
  }, REPORT_INTERVAL_MS);
  // Metrics keep no process alive.
  timer.unref();
}

/**
 * Reports now what this place has recorded, instead of within a quarter of a second. A task whose metrics
 * must be visible when it is done awaits this last.
 */
export async function flushMetrics(): Promise<void> {
  if (series.size === 0 || !sink.ready()) return;
  const batch = pending();
  series = new Map();
  await sink.report(batch);
}

/** What all places have reported, this one up to date. */
export async function metricsSnapshot(): Promise<readonly MetricSamples[]> {
  if (!sink.ready()) return pending();
  await flushMetrics();
  return await sink.snapshot();
}

function pending(): MetricSamples[] {
  return [...series.values()].map((own) => ({ definition: own.definition, samples: own.samples() }));
}
