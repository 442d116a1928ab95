/** Schedulers: the local one grants leases on its node's workers; the global one places what a node cannot. */
export { AcceleratorIds } from "./accelerator_ids.ts";
export { Admission, type AdmissionOptions, type Candidate, groupOf } from "./admission.ts";
export { BundleHolder } from "./bundle_holder.ts";
export { Bundles } from "./bundles.ts";
export type { ClassQueue } from "./class_queue.ts";
export { FeedWindow, WINDOW_AT_MOST } from "./feed_window.ts";
export { GlobalScheduler, type GlobalSchedulerOptions, type GroupView, lacking, type Unplaced } from "./global_scheduler.ts";
export { LEASE_LINGER_MS, type Running } from "./granted_leases.ts";
export { LocalScheduler } from "./local_scheduler.ts";
export type { LocalSchedulerOptions, Workers } from "./local_scheduler_options.ts";
export { NodeResources } from "./node_resources.ts";
export { Paces } from "./paces.ts";
export type { BundlePlacement, NodeView } from "./policy/mod.ts";
export type { WorkerKind } from "./worker_slot.ts";
