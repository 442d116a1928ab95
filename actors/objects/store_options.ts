import type { Clock } from "../../runtime/kernel/mod.ts";
import type { Accounting } from "../../runtime/memory/mod.ts";
import type { StoreSettings } from "./settings.ts";
import type { SpillDisk } from "./spill/mod.ts";

/** What the store has to say by itself. Called in the middle of its work: MUST NOT call back before it returns. */
export interface StoreEvents {
  /** Room is needed that views keep: these places should collect garbage and report. */
  collect?(places: number[]): void;
  /** Free buffers of these places were taken back: their allocators should `sweep`, so that the memory goes. */
  reclaimed?(places: number[]): void;
  /** So many bytes are no buffer's any more; their memory goes when the collectors find that, this thread's too. */
  retired?(bytes: number): void;
  /** A copy was dropped for room. The primary is elsewhere. */
  evicted?(id: string): void;
  /** The bytes of an object cannot be had any more. */
  lost?(id: string, fault: Error): void;
}

export interface ObjectStoreOptions {
  accounting: Accounting;
  clock: Clock;
  /** Without one nothing is spilled. The store closes it. */
  disk?: SpillDisk | undefined;
  events?: StoreEvents;
  settings?: Partial<StoreSettings>;
}

export interface SealOptions {
  slot: number;
  /** Whose buffer it has to be. Default: whoever's. */
  place?: number;
  /** Bytes of the value. */
  bytes: number;
  owner?: number;
  isCopy?: boolean;
  /** It stays in memory until `unpin`: else a copy may have to go at once, before those who wait for it have it. */
  pinned?: boolean;
}
