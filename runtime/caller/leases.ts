import { type NodeNumber, nodeOf, type PlaceId } from "../kernel/mod.ts";

/** The right to push tasks of one scheduling class straight to a worker, until the scheduler ends it. */
export interface Lease {
  readonly id: number;
  readonly schedulingClass: string;
  readonly worker: PlaceId;
  /** Tasks pushed under it that have not ended. */
  inFlight: number;
}

/** The leases that a place holds. */
export class Leases {
  readonly #byClass: Map<string, Lease[]> = new Map();
  readonly #byId: Map<number, Lease> = new Map();

  add(lease: Lease): void {
    if (this.#byId.has(lease.id)) return;
    this.#byId.set(lease.id, lease);
    const leases = this.#byClass.get(lease.schedulingClass);
    if (leases === undefined) this.#byClass.set(lease.schedulingClass, [lease]);
    else leases.push(lease);
  }

  end(id: number): void {
    const lease = this.#byId.get(id);
    if (lease === undefined) return;
    this.#byId.delete(id);
    const leases = this.#byClass.get(lease.schedulingClass) as Lease[];
    leases.splice(leases.indexOf(lease), 1);
    if (leases.length === 0) this.#byClass.delete(lease.schedulingClass);
  }

  endAllOf(worker: PlaceId): void {
    for (const lease of [...this.#byId.values()]) if (lease.worker === worker) this.end(lease.id);
  }

  endAllAt(node: NodeNumber): void {
    for (const lease of [...this.#byId.values()]) if (nodeOf(lease.worker) === node) this.end(lease.id);
  }

  /** A lease of the class under which nothing runs, as far as this place knows. */
  idle(schedulingClass: string): Lease | undefined {
    const leases = this.#byClass.get(schedulingClass);
    if (leases === undefined) return undefined;
    for (const lease of leases) if (lease.inFlight === 0) return lease;
    return undefined;
  }
}
