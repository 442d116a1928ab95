/** The workers of a node. */
export { type HostControl, type LastWords, WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";
