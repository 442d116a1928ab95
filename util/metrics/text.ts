import { metricsSnapshot } from "./recorder.ts";
import type { MetricSamples, Sample } from "./series.ts";

/**
 * All metrics of the cluster in Prometheus's text format, sorted, ready to be served as `text/plain;
 * version=0.0.4`.
 */
export async function metricsText(): Promise<string> {
  return renderMetrics(await metricsSnapshot());
}

/** Renders samples in Prometheus's text exposition format. */
export function renderMetrics(all: readonly MetricSamples[]): string {
  const sorted = all.toSorted((a, b) => compare(a.definition.name, b.definition.name));
  return sorted
    .flatMap(metricLines)
    .map((line) => `${line}\n`)
    .join("");
}

function metricLines({ definition, samples }: MetricSamples): string[] {
  const { name, kind, description, tagKeys } = definition;
  const lines = [`# HELP ${name} ${escapeText(description)}`, `# TYPE ${name} ${kind}`];
  const sorted = samples.toSorted((a, b) => compare(a.tagValues.join("\0"), b.tagValues.join("\0")));
  for (const sample of sorted) {
    const labels = tagKeys.map((key, i) => `${key}="${escapeLabel(sample.tagValues[i] ?? "")}"`);
    if (kind === "histogram") lines.push(...histogramLines(name, labels, definition.boundaries, sample));
    else lines.push(`${name}${braces(labels)} ${sample.value}`);
  }
  return lines;
}

function histogramLines(name: string, labels: string[], boundaries: readonly number[], sample: Sample): string[] {
  let count = 0;
  const lines = [...boundaries, "+Inf"].map((bound, i) => {
    count += sample.buckets[i] ?? 0;
    return `${name}_bucket${braces([...labels, `le="${bound}"`])} ${count}`;
  });
  return [...lines, `${name}_sum${braces(labels)} ${sample.value}`, `${name}_count${braces(labels)} ${count}`];
}

function braces(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeText(text).replaceAll('"', '\\"');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
