/** The kernel: places, actors at places, envelopes between them, time. */
export { systemClock, setUnrefTimer, type Clock } from "./clock.ts";
export { type Caller, type Contract, type Remote, type Told, remoteContract, serve, toldContract } from "./contract.ts";
export { type Actor, ActorNumber, type Delivery, type Envelope } from "./envelope.ts";
export * from "./ids.ts";
export { type FaultWire, Kernel, type KernelOptions } from "./kernel.ts";
export { systemRandom, type Random } from "./random.ts";
export { Ring } from "./ring.ts";
