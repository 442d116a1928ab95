import { type Accounting, bytesOf } from "../../runtime/memory/mod.ts";
import type { ObjectRecord } from "./object_record.ts";
import type { ObjectState } from "./object_state.ts";

/** The store in figures. Memory adds up: resident + lingering + cached + unsealed = used. */
export interface StoreStats {
  readonly capacityBytes: number;
  /** What all buffers take, whatever they are for. */
  readonly usedBytes: number;
  /** Buffers that wait for reuse. */
  readonly cachedBytes: number;
  /** Buffers of objects, those of copies among them. */
  readonly residentBytes: number;
  readonly copyBytes: number;
  /** Buffers of objects that were freed while somebody has views on them, or the disk is at work on them. */
  readonly lingeringBytes: number;
  /** Buffers being written by a thread, or on the way here. */
  readonly unsealedBytes: number;
  /** Values of objects that are on disk alone, and all that is on disk. */
  readonly spilledBytes: number;
  readonly diskBytes: number;
  readonly inlineBytes: number;
  readonly objects: { readonly [state in ObjectState]: number };
  readonly waiting: number;
}

interface Measured {
  accounting: Accounting;
  inlineBytes: number;
  diskBytes: number;
  waiting: number;
}

export function measure(records: Iterable<ObjectRecord>, { accounting, ...counted }: Measured): StoreStats {
  const objects = { PENDING: 0, IN_MEMORY: 0, SPILLING: 0, SPILLED: 0, RESTORING: 0, FREED: 0, LOST: 0 };
  let [resident, copies, lingering, spilledBytes] = [0, 0, 0, 0];
  for (const record of records) {
    objects[record.state]++;
    const pages = record.block?.pages ?? 0;
    for (const block of record.older) lingering += block.pages;
    if (record.state === "FREED") lingering += pages;
    else resident += pages;
    if (record.isCopy && record.state !== "FREED") copies += pages;
    if (record.state === "SPILLED" || record.state === "RESTORING") spilledBytes += record.bytes;
  }
  const { capacityPages, usedPages, cachedPages } = accounting;
  return {
    capacityBytes: bytesOf(capacityPages),
    usedBytes: bytesOf(usedPages),
    cachedBytes: bytesOf(cachedPages),
    residentBytes: bytesOf(resident),
    copyBytes: bytesOf(copies),
    lingeringBytes: bytesOf(lingering),
    unsealedBytes: bytesOf(usedPages - cachedPages - resident - lingering),
    spilledBytes,
    objects,
    ...counted,
  };
}

const MIB = 1024 * 1024;
const NAMED_PLACES = 3;

/** Who keeps the store full, for the message of an error. */
export function whoHoldsWhat(records: Iterable<ObjectRecord>, { accounting, spilling }: { accounting: Accounting; spilling: string }): string {
  const viewed = new Map<number, number>();
  let [known, pinned] = [0, 0];
  for (const record of records) {
    const pages = (record.block?.pages ?? 0) + record.older.reduce((sum, block) => sum + block.pages, 0);
    known += pages;
    if (record.pins > 0) pinned += pages;
    for (const [place] of record.viewers.entries()) viewed.set(place, (viewed.get(place) ?? 0) + pages);
  }
  const places = [...viewed].sort((a, b) => b[1] - a[1]);
  const parts = places.slice(0, NAMED_PLACES).map(([place, pages]) => `${mib(pages)} are in view at place ${place}`);
  if (places.length > NAMED_PLACES) parts.push(`more at ${places.length - NAMED_PLACES} other places`);
  if (pinned > 0) parts.push(`${mib(pinned)} are in transfer`);
  const unsealed = accounting.usedPages - accounting.cachedPages - known;
  if (unsealed > 0) parts.push(`${mib(unsealed)} are being written`);
  return `${parts.length > 0 ? parts.join(", ") : "nothing can be evicted"}; ${spilling}.`;
}

function mib(pages: number): string {
  return `${Math.round((bytesOf(pages) / MIB) * 10) / 10} MiB`;
}

/** The places that may have views on any of them. */
export function viewersOf(records: Iterable<ObjectRecord>): number[] {
  const places = new Set<number>();
  for (const { viewers } of records) for (const [place] of viewers.entries()) places.add(place);
  return [...places];
}
