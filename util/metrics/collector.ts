import { type ActorHandle, remote } from "../../mod.ts";
import { type MetricSamples, Series } from "./series.ts";

/** Adds up what all places of a cluster have recorded; lives in an actor that all of them know by name. */
export class MetricsCollector {
  #series: Map<string, Series> = new Map();

  /** Takes what a place recorded since it last reported. */
  report(batch: readonly MetricSamples[]): void {
    for (const { definition, samples } of batch) {
      const series = this.#series.get(definition.name) ?? new Series(definition);
      this.#series.set(definition.name, series);
      // Two places disagree on what the name means: the first one's meaning stands.
      if (JSON.stringify(shape(series.definition)) !== JSON.stringify(shape(definition))) continue;
      for (const sample of samples) series.merge(sample);
    }
  }

  snapshot(): MetricSamples[] {
    return [...this.#series.values()].map((series) => ({ definition: series.definition, samples: series.samples() }));
  }
}

function shape({ kind, tagKeys, boundaries }: MetricSamples["definition"]): unknown {
  return [kind, tagKeys, boundaries];
}

const CollectorActor = remote(MetricsCollector, { numCpus: 0, isolation: "shared" });

/** The cluster's collector, started by whoever asks first. */
export function metricsCollector(): ActorHandle<MetricsCollector> {
  const options = { name: "metrics", namespace: "mobula", getIfExists: true, lifetime: "detached" } as const;
  return CollectorActor.options(options).remote();
}
