/**
 * The object manager of a node: the store of shared memory with its spilling, the count of references, and who waits
 * for what. Decisions only: messages are the manager actor's.
 */
export { DropOrder } from "./drop_order.ts";
export type { Held } from "./object_record.ts";
export { mayMove, move, type ObjectState } from "./object_state.ts";
export { ObjectsActor, type ObjectsActorOptions } from "./objects_actor.ts";
export { References, type ReferencesOptions } from "./references.ts";
export { STORE_DEFAULTS, type StoreSettings } from "./settings.ts";
export { type DiskSpace, FileDisk, MemoryDisk, SpillCorruptFault, type SpillDisk } from "./spill/mod.ts";
export { MANAGER_PLACE, ObjectStore } from "./store.ts";
export type { ObjectStoreOptions, SealOptions, StoreEvents } from "./store_options.ts";
export type { StoreStats } from "./store_report.ts";
export { DependencyWaits, Waiters } from "./waiters.ts";
