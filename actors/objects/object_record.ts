import type { Block } from "../../runtime/memory/mod.ts";
import type { ObjectState } from "./object_state.ts";
import { PlaceCounts } from "./place_counts.ts";
import type { SpillLocation } from "./spill/mod.ts";

/** An object that a reader may use: in shared memory, or inline. */
export interface Held {
  /** Bytes of the value; the buffer may be larger. */
  readonly bytes: number;
  readonly buffer?: SharedArrayBuffer;
  readonly inline?: unknown;
}

/** Someone who waits for a restore. */
export interface Arrival {
  /** The place that will map it; without one it is pinned. */
  readonly place: number | undefined;
  resolve(held: Held | undefined): void;
  reject(fault: unknown): void;
}

/** What the store knows of an object. */
export interface ObjectRecord {
  readonly id: string;
  state: ObjectState;
  owner: number | undefined;
  bytes: number;
  /** Another node has the primary: it can be dropped for room. */
  isCopy: boolean;
  inline: unknown;
  block: Block | undefined;
  /** Where it is on disk; kept after a restore, so that the next eviction writes nothing. */
  location: SpillLocation | undefined;
  pins: number;
  /** Buffers handed out by place, and not reported unused. */
  readonly viewers: PlaceCounts;
  /** Buffers of earlier values under this id, for as long as anybody may view any of them. */
  older: Block[];
  /** The disk reads or writes its block. */
  busy: boolean;
  arrivals: Arrival[];
}

export function newRecord(id: string, owner: number | undefined): ObjectRecord {
  return {
    id,
    state: "PENDING",
    owner,
    bytes: 0,
    isCopy: false,
    inline: undefined,
    block: undefined,
    location: undefined,
    pins: 0,
    viewers: new PlaceCounts(),
    older: [],
    busy: false,
    arrivals: [],
  };
}

/** Nobody uses its memory at the moment. */
export function isQuiet(record: ObjectRecord): boolean {
  return !record.busy && record.pins === 0 && record.viewers.isEmpty;
}

/** Those who wait for it, or some of them; they do not wait any more. */
export function takeArrivals(record: ObjectRecord, which: (arrival: Arrival) => boolean = () => true): Arrival[] {
  const taken = record.arrivals.filter(which);
  if (taken.length > 0) record.arrivals = record.arrivals.filter((arrival) => !which(arrival));
  return taken;
}
