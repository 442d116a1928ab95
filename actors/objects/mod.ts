/**
 * The object manager of a node: the store of shared memory with its spilling, the count of references, who waits for
 * what, and, with those of other nodes, where copies are and how they get here.
 */
export { Directory } from "./directory.ts";
export { DropOrder } from "./drop_order.ts";
export { LOST_NODE_GRACE_MS } from "./holdings.ts";
export type { Held } from "./object_record.ts";
export { mayMove, move, type ObjectState } from "./object_state.ts";
export { ObjectsActor, type ObjectsActorOptions } from "./objects_actor.ts";
export { PullOrder, type PullReason } from "./pull_order.ts";
export { References, type ReferencesOptions } from "./references.ts";
export { STORE_DEFAULTS, type StoreSettings, TRANSFER_DEFAULTS, type TransferSettings } from "./settings.ts";
export { type DiskSpace, FileDisk, MemoryDisk, SpillCorruptFault, type SpillDisk } from "./spill/mod.ts";
export { MANAGER_PLACE, ObjectStore } from "./store.ts";
export type { ObjectStoreOptions, SealOptions, StoreEvents } from "./store_options.ts";
export type { StoreStats } from "./store_report.ts";
export { DependencyWaits, Waiters } from "./waiters.ts";
