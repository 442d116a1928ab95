/**
 * Utilities built on the public API alone: pools, a queue, metrics, and ways for tasks to wait for
 * each other. Each handle here can be passed to tasks and actors.
 */
export { QueueEmptyError, QueueFullError } from "../mod.ts";
export { ActorPool, type NextOptions, type PoolCall } from "./actor_pool.ts";
export { AsyncResult } from "./async_result.ts";
export { Barrier } from "./barrier.ts";
export * from "./metrics/mod.ts";
export type { WaitOptions } from "./patience.ts";
export { type ChunkOptions, Pool, PoolClosedError, type PoolOptions } from "./pool.ts";
export type { PoolFunction } from "./pool_worker.ts";
export { Queue, type QueueOptions } from "./queue.ts";
export { type Permit, Semaphore } from "./semaphore.ts";
export { SignalActor, type SignalState } from "./signal_actor.ts";
export { WaitTimeoutError } from "./wait_timeout_error.ts";
export type { Source } from "./window.ts";
