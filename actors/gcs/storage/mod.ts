/** Where the control store keeps what must outlive it: the port, its adapters, and how an option names one. */

export { StorageError, type StorageFailure } from "../../../runtime/errors/mod.ts";
export { compareCodePoints } from "./key_order.ts";
export { MemoryStorage } from "./memory.ts";
export { openStorage, parseStorage, type StorageChoice } from "./open_storage.ts";
export type { RedisOptions as StorageOptions } from "./redis.ts";
export type { Mutation, Storage, StorageLease, StoredRow } from "./storage.ts";
