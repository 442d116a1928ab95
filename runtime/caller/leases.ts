import { type NodeNumber, nodeOf, type PlaceId } from "../kernel/mod.ts";

/** The right to push tasks of one scheduling class straight to a worker, one after the other, until the scheduler ends it. */
export interface Lease {
  readonly id: number;
  readonly schedulingClass: string;
  readonly worker: PlaceId;
}

/** A lease as its lessee sees it. */
export interface HeldLease extends Lease {
  /** Tasks sent under it that have not ended. */
  inFlight: number;
  /** The scheduler waits to hear that nothing is on its way there any more. */
  awaited: boolean;
}

/** The leases that a place holds, and those that it has given back while something runs under them. */
export class Leases {
  readonly #byClass: Map<string, HeldLease[]> = new Map();
  readonly #byId: Map<number, HeldLease> = new Map();
  readonly #acknowledge: (lease: Pick<Lease, "id" | "worker">) => void;

  /** `acknowledge`: a lease has ended, and nothing is on its way to its worker any more. */
  constructor(acknowledge: (lease: Pick<Lease, "id" | "worker">) => void) {
    this.#acknowledge = acknowledge;
  }

  add({ id, schedulingClass, worker }: Lease): HeldLease {
    const lease = this.#byId.get(id) ?? { id, schedulingClass, worker, inFlight: 0, awaited: false };
    this.#byId.set(id, lease);
    const leases = this.#byClass.get(schedulingClass);
    if (leases === undefined) this.#byClass.set(schedulingClass, [lease]);
    else if (!leases.includes(lease)) leases.push(lease);
    return lease;
  }

  /** Nothing more is pushed under it. */
  end(lease: HeldLease): void {
    const leases = this.#byClass.get(lease.schedulingClass);
    const index = leases?.indexOf(lease) ?? -1;
    if (index >= 0) leases?.splice(index, 1);
    if (leases?.length === 0) this.#byClass.delete(lease.schedulingClass);
    if (lease.inFlight === 0) this.#byId.delete(lease.id);
  }

  /** The scheduler has ended it. */
  ended(id: number, worker: PlaceId): void {
    const lease = this.#byId.get(id);
    if (lease !== undefined) this.end(lease);
    if (lease !== undefined && lease.inFlight > 0) lease.awaited = true;
    else this.#acknowledge({ id, worker });
  }

  /** What was sent under it has ended, or is elsewhere. */
  released(lease: HeldLease): void {
    lease.inFlight--;
    if (lease.inFlight > 0 || this.#byClass.get(lease.schedulingClass)?.includes(lease)) return;
    if (!this.#byId.delete(lease.id) || !lease.awaited) return;
    this.#acknowledge(lease);
  }

  endAllOf(worker: PlaceId): void {
    for (const lease of [...this.#byId.values()]) if (lease.worker === worker) this.#forget(lease);
  }

  endAllAt(node: NodeNumber): void {
    for (const lease of [...this.#byId.values()]) if (nodeOf(lease.worker) === node) this.#forget(lease);
  }

  /** A lease of the class under which nothing runs, as far as this place knows. */
  idle(schedulingClass: string): HeldLease | undefined {
    const leases = this.#byClass.get(schedulingClass);
    if (leases === undefined) return undefined;
    for (const lease of leases) if (lease.inFlight === 0) return lease;
    return undefined;
  }

  /** Its worker is gone. */
  #forget(lease: HeldLease): void {
    this.end(lease);
    this.#byId.delete(lease.id);
  }
}
