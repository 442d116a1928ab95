import { get, isInitialized } from "../../mod.ts";
import { metricsCollector } from "./collector.ts";
import type { MetricSamples } from "./series.ts";

/** Where a place sends what it recorded, and where all of it can be read. */
export interface MetricsSink {
  /** Whether there is anyone to report to now. While there is not, the place keeps adding up. */
  ready(): boolean;
  /** Takes what was recorded since the last report. MUST NOT keep the arrays. May be lost when it rejects. */
  report(batch: readonly MetricSamples[]): Promise<void>;
  /** What all places have reported. */
  snapshot(): Promise<readonly MetricSamples[]>;
}

/** The default: an actor of the cluster collects. */
export const collectorSink: MetricsSink = {
  ready: isInitialized,
  report: async (batch) => {
    await get(metricsCollector().report.remote(batch));
  },
  snapshot: async () => await get(metricsCollector().snapshot.remote()),
};
