/** A cluster in one process, in virtual time: for development alone. */
export { drawPlan, type Fault, type FaultPlan, type PlannedFault } from "./chaos/mod.ts";
export { Network, type NetworkNode, type NetworkOptions } from "./network.ts";
export { Realm, type RealmKind } from "./realm.ts";
export {
  ChaosFailure,
  type ChaosFigures,
  type ChaosOptions,
  chaos,
  type ThroughputFigures,
  type ThroughputOptions,
  throughput,
} from "./scenarios/mod.ts";
export { SeededRandom } from "./seeded_random.ts";
export { LEASE_MS, SimulatedDisk, type SimulatedDiskOptions } from "./simulated_disk.ts";
export { type NodeSpec, SimulatedNode } from "./simulated_node.ts";
export { type Functions, type SimulatedContext, type SimulatedFunction, SimulatedPlace } from "./simulated_place.ts";
export { nodeIdOf, Simulation, type SimulationOptions } from "./simulation.ts";
export { Trace } from "./trace.ts";
export type { Span } from "./virtual_port.ts";
export { TICKS, VirtualTime, type VirtualTimeOptions } from "./virtual_time.ts";
