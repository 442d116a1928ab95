import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { GrantedLease } from "./granted_lease.ts";

export type WorkerKind = "thread" | "process";

/** A worker as the scheduler sees it: the leases that it serves. More than one only while earlier ones wait for objects. */
export class WorkerSlot {
  readonly place: PlaceId;
  readonly kind: WorkerKind;
  readonly environment: string;
  readonly leases: Set<GrantedLease> = new Set();
  retiring = false;
  /** Whether it has been asked if it may end, and has not answered. */
  asked = false;
  /** When its last lease ended, or it was up. Milliseconds since the epoch. */
  freeSinceMs: number;

  constructor(place: PlaceId, { kind, environment, nowMs }: { kind: WorkerKind; environment: string; nowMs: number }) {
    this.place = place;
    this.kind = kind;
    this.environment = environment;
    this.freeSinceMs = nowMs;
  }

  get free(): boolean {
    return this.leases.size === 0 && !this.retiring;
  }

  /** Whether all that runs here waits for objects, so that the thread itself has nothing to do. */
  get waiting(): boolean {
    if (this.retiring || this.leases.size === 0) return false;
    for (const lease of this.leases) if (!lease.blocked) return false;
    return true;
  }
}
