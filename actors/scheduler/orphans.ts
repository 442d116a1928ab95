import { ExecutorOp, ORPHAN_GRACE_MS } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, goneWith, type Kernel, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { Backlog } from "./backlog.ts";
import type { GrantedLeases } from "./granted_leases.ts";

export interface OrphansOptions {
  kernel: Kernel;
  clock: Clock;
  backlog: Backlog;
  leases: GrantedLeases;
  places(): Iterable<PlaceId>;
  kill(place: PlaceId, detail: string): void;
}

/**
 * Ends what owners that are gone have here, for nobody waits for it: what waits is dropped, what runs is told by its
 * signal, and a worker whose task goes on after a grace is ended. One that hears its messages says so by itself, and
 * better than is known here, as owners send tasks straight to it; one that hears none is found by its lease.
 */
export class Orphans {
  readonly #options: OrphansOptions;

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** A place is gone, or with a system worker's place its whole node. */
  ownerLost(lost: PlaceId): void {
    const { kernel, clock, backlog, leases, places } = this.#options;
    const isGone = goneWith(lost);
    backlog.dropOwners(isGone);
    const orphaned = leases.ownersLost(isGone);
    for (const place of places()) if (!isGone(place)) kernel.send(place, [ActorNumber.executor, ExecutorOp.ownerLost, lost]);
    if (orphaned.length === 0) return;
    clock.after(ORPHAN_GRACE_MS, () => {
      for (const lease of orphaned) if (leases.servesOnly(lease, isGone)) this.end(lease.worker.place);
    });
  }

  /** What a worker runs goes on after its owner's end. */
  end(worker: PlaceId): void {
    this.#options.kill(worker, "the owner of what it ran is gone");
  }
}
