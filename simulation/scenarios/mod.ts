/** Ready-made scenarios. */
export { ChaosFailure, type ChaosFigures, type ChaosOptions, chaos } from "./chaos.ts";
export { type ThroughputFigures, type ThroughputOptions, throughput } from "./throughput.ts";
