/** Schedulers: the local one grants leases on its node's workers; the global one places what a node cannot. */
export type { ClassQueue } from "./class_queue.ts";
export { LEASE_LINGER_MS, LocalScheduler, type LocalSchedulerOptions, type Workers } from "./local_scheduler.ts";
export { NodeResources } from "./node_resources.ts";
export type { WorkerKind } from "./worker_slot.ts";
