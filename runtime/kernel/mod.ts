/** The kernel: places, actors at places, envelopes between them, time. */
export { type Clock, setUnrefTimer, systemClock } from "./clock.ts";
export { type Caller, type Contract, type Remote, remoteContract, serve, type Told, toldContract } from "./contract.ts";
export { type Actor, ActorNumber, type Delivery, type Envelope } from "./envelope.ts";
export * from "./ids.ts";
export { type FaultWire, Kernel, type KernelOptions } from "./kernel.ts";
export { type Random, systemRandom } from "./random.ts";
export { Ring } from "./ring.ts";
export type { ContractShapes, MethodShapes, Shape } from "./shape.ts";
