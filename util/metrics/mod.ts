/** Metrics: recorded in each place, added up by an actor, read as Prometheus text. */
export { Counter } from "./counter.ts";
export { Gauge } from "./gauge.ts";
export { Histogram, type HistogramOptions } from "./histogram.ts";
export { Metric, type MetricDefinition, type MetricOptions, type Tags } from "./metric.ts";
export { flushMetrics, setMetricsSink } from "./recorder.ts";
export { MAX_SERIES, type MetricSamples, type Sample } from "./series.ts";
export type { MetricsSink } from "./sink.ts";
export { metricsText, renderMetrics } from "./text.ts";
