/** Ready-made scenarios. */
export { type ThroughputFigures, type ThroughputOptions, throughput } from "./throughput.ts";
