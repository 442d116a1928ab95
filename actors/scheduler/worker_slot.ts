import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { CurrentTask } from "../../runtime/worker/mod.ts";
import type { GrantedLease } from "./granted_lease.ts";

export type WorkerKind = "thread" | "process";

/** A worker as the scheduler sees it: the leases that it serves. More than one only while earlier ones wait for objects. */
export class WorkerSlot {
  readonly place: PlaceId;
  readonly kind: WorkerKind;
  readonly environment: string;
  readonly leases: Set<GrantedLease> = new Set();
  /** Leases that were ended, with their lessees, who may have sent something under them that has yet to come. */
  readonly unacknowledged: Map<number, { readonly lessee: PlaceId; stopWaiting(): void }> = new Map();
  retiring = false;
  /** Which task it runs, where it shares memory. */
  current: CurrentTask | undefined;
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

  /** Nothing comes here any more under a lease that was ended. */
  acknowledged(lease: number): void {
    this.unacknowledged.get(lease)?.stopWaiting();
    this.unacknowledged.delete(lease);
  }

  get free(): boolean {
    return this.leases.size === 0 && !this.retiring && this.unacknowledged.size === 0;
  }

  /** Whether what comes under this lease is next: all that runs here under others waits for objects, and nothing is on its way. */
  takes(next: GrantedLease): boolean {
    if (this.unacknowledged.size > 0) return false;
    for (const lease of this.leases) if (lease !== next && !lease.blocked && !lease.idle) return false;
    return true;
  }

  /** Whether all that runs here waits for objects, so that the thread itself has nothing to do. */
  get waiting(): boolean {
    if (this.retiring || this.leases.size === 0 || this.unacknowledged.size > 0) return false;
    for (const lease of this.leases) if (!lease.blocked) return false;
    return true;
  }
}
