import { type Attempt, attemptIn, CallerOp, ExecutorOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, HEAD_NODE, type Kernel, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { AcceleratorIds } from "./accelerator_ids.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import { GrantedLease } from "./granted_lease.ts";
import type { LocalSchedulerOptions } from "./local_scheduler_options.ts";
import { cpuPart, type NodeResources } from "./node_resources.ts";
import type { WorkerSlot } from "./worker_slot.ts";

/** An idle lease is kept for its lessees this long, as with Ray. */
export const LEASE_LINGER_MS = 500;

/** A worker whose lease is called back for good may take this long to return it. */
const RETURN_PATIENCE_MS = 50;

const LEASES_PER_NODE = 2 ** 32;

/** What a worker runs: of several tasks, of which others wait, the newest. `retriable`: all of them may be tried again. */
export interface Running {
  readonly place: PlaceId;
  readonly name: string;
  readonly owner: PlaceId;
  readonly retriable: boolean;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

type GrantedLeasesOptions = Pick<LocalSchedulerOptions, "kernel" | "clock" | "accelerators" | "template">;

/** The leases that a scheduler has granted and that have not ended. */
export class GrantedLeases {
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #accelerators: AcceleratorIds;
  readonly #leases: Map<number, GrantedLease> = new Map();
  /** Places that were ever given a lease of a worker: one that stood still may push there before it hears that it has none. */
  readonly #lentTo: Map<PlaceId, Set<PlaceId>> = new Map();
  /** Unlike any other node's. */
  #next: number;

  readonly #template: GrantedLeasesOptions["template"];

  constructor({ kernel, clock, accelerators, template }: GrantedLeasesOptions) {
    this.#accelerators = accelerators;
    this.#template = template;
    this.#kernel = kernel;
    this.#clock = clock;
    this.#next = (nodeOf(kernel.place) - HEAD_NODE) * LEASES_PER_NODE + 1;
  }

  get(id: number): GrantedLease | undefined {
    return this.#leases.get(id);
  }

  has(lease: GrantedLease): boolean {
    return this.#leases.has(lease.id);
  }

  /** A new lease, with what the class asks for taken from `room`, where it is free. */
  open(queue: ClassQueue, { worker, room }: { worker: WorkerSlot; room: NodeResources }): GrantedLease {
    room.take(queue.demand);
    const lease = new GrantedLease(this.#next++, worker, { queue, room });
    this.#leases.set(lease.id, lease);
    worker.leases.add(lease);
    queue.leases.add(lease);
    const gpus = queue.demand.get("GPU");
    lease.acceleratorIds = this.#accelerators.take(gpus);
    if (gpus > 0) this.#kernel.send(worker.place, [ActorNumber.executor, ExecutorOp.accelerators, lease.id, lease.acceleratorIds, true]);
    return lease;
  }

  /** Something runs under the lease: this, or what one of its lessees has sent there. */
  busy(lease: GrantedLease, sent?: Pick<QueuedTask, "owner" | "template">): void {
    lease.idle = false;
    lease.sinceMs = this.#clock.now();
    if (sent !== undefined) {
      lease.lastOwner = sent.owner;
      lease.lastTemplate = sent.template;
    }
    lease.stopLinger?.();
    lease.stopLinger = undefined;
  }

  /** Nothing runs under it, and those whose tasks did may push the next ones straight to the worker, for a while. */
  linger(lease: GrantedLease): void {
    if (lease.lastOwner >= 0 && !lease.lessees.has(lease.lastOwner)) {
      lease.lessees.add(lease.lastOwner);
      const { place } = lease.worker;
      const lentTo = this.#lentTo.get(place);
      if (lentTo === undefined) this.#lentTo.set(place, new Set([lease.lastOwner]));
      else lentTo.add(lease.lastOwner);
      this.#kernel.send(lease.lastOwner, [ActorNumber.caller, CallerOp.lease, lease.queue.schedulingClass, lease.id, lease.worker.place]);
    }
    lease.sinceMs = this.#clock.now();
    lease.stopLinger ??= this.#clock.after(LEASE_LINGER_MS, () => this.revoke(lease));
  }

  /** Calls back idle leases so that others may have what they hold; true when one is on its way back. */
  revokeIdle(wanted?: ClassQueue): boolean {
    let coming = false;
    for (const lease of this.#leases.values()) {
      if (lease.queue === wanted) continue;
      if (wanted !== undefined && lease.worker.kind !== wanted.kind && lease.queue.demand.isEmpty) continue;
      // One that is kept, by a long task or by one that waits for what `wanted` is to run, comes too late.
      if (!lease.idle || lease.blocked) continue;
      this.revoke(lease);
      coming = true;
    }
    return coming;
  }

  /** Calls back all; what runs under them goes on to its end. */
  revokeAll(): void {
    for (const lease of [...this.#leases.values()]) this.revoke(lease);
  }

  revoke(lease: GrantedLease): void {
    if (lease.revoking || !this.has(lease)) return;
    lease.revoking = true;
    lease.stopLinger?.();
    for (const lessee of lease.lessees) this.#kernel.send(lessee, [ActorNumber.caller, CallerOp.leaseEnded, lease.id]);
    this.#kernel.send(lease.worker.place, [ActorNumber.executor, ExecutorOp.revoke, lease.id]);
  }

  /** Has a lease end with what runs under it, by `kill`; one that is idle, as far as anyone knows, gets the time to say so. */
  stop(lease: GrantedLease, kill: () => void): void {
    const end = (): void => {
      if (this.has(lease)) kill();
    };
    if (!lease.idle) end();
    else {
      this.revoke(lease);
      this.#clock.after(RETURN_PATIENCE_MS, end);
    }
  }

  /** The lease is over: what it held is free. */
  end(lease: GrantedLease): void {
    lease.stopLinger?.();
    this.#leases.delete(lease.id);
    lease.worker.leases.delete(lease);
    lease.worker.freeSinceMs = this.#clock.now();
    lease.queue.leases.delete(lease);
    lease.queue.forget(lease);
    const { demand } = lease.queue;
    this.#accelerators.give(lease.acceleratorIds, demand.get("GPU"));
    lease.room.give(lease.blocked ? demand.subtract(cpuPart(demand)) : demand);
  }

  /** All that runs under it waits for objects: its CPU is free for others until it goes on. */
  setBlocked(lease: GrantedLease, blocked: boolean): void {
    if (lease.blocked === blocked) return;
    lease.blocked = blocked;
    const cpus = cpuPart(lease.queue.demand);
    if (blocked) lease.room.give(cpus);
    else {
      lease.room.takeAnyway(cpus);
      // Others run on what it had: nothing follows it here.
      if (lease.idle && !lease.room.debt.isEmpty) this.revoke(lease);
    }
  }

  /** The worker is gone: those who may have pushed tasks there by themselves, and know which. */
  lost(worker: PlaceId): ReadonlySet<PlaceId> {
    const lentTo = this.#lentTo.get(worker) ?? new Set();
    this.#lentTo.delete(worker);
    return lentTo;
  }

  /**
   * Owners are gone: they send nothing any more. Returns the leases under which something of theirs may run; those that
   * only they may have used since are called back.
   */
  ownersLost(isGone: (owner: PlaceId) => boolean): GrantedLease[] {
    for (const lentTo of this.#lentTo.values()) for (const place of [...lentTo]) if (isGone(place)) lentTo.delete(place);
    const orphaned = [...this.#leases.values()].filter((lease) => isOnlyFor(lease, isGone));
    for (const lease of orphaned) if (lease.idle) this.revoke(lease);
    return orphaned;
  }

  /** Whether something still runs under it, or may, and only for owners that are gone, as far as is known. */
  servesOnly(lease: GrantedLease, isGone: (owner: PlaceId) => boolean): boolean {
    return this.has(lease) && isOnlyFor(lease, isGone) && (!lease.idle || lease.revoking);
  }

  /** What runs, for who has to choose which worker is ended: one for each worker. */
  running(): Running[] {
    const running = new Map<PlaceId, Running>();
    for (const lease of this.#leases.values()) {
      // One that is called back and not returned is kept by what its lessees sent there.
      if (lease.idle && !lease.revoking) continue;
      const { place } = lease.worker;
      const other = running.get(place);
      const retriable = lease.queue.retriable && other?.retriable !== false;
      if (other !== undefined && other.sinceMs > lease.sinceMs) running.set(place, { ...other, retriable });
      else {
        const name = this.#template(lease.lastOwner, lease.lastTemplate)?.name ?? lease.queue.placement.name;
        running.set(place, { place, name, owner: lease.lastOwner, retriable, sinceMs: lease.sinceMs });
      }
    }
    return [...running.values()];
  }

  /** What idle leases hold of `room`: it is free as soon as somebody else wants it. */
  idleIn(room: NodeResources): ResourceSet {
    let idle = ResourceSet.EMPTY;
    for (const lease of this.#leases.values()) if (lease.idle && !lease.blocked && lease.room === room) idle = idle.add(lease.queue.demand);
    return idle;
  }

  /** The worker that a single task was sent to from here for this attempt, and that has neither given it back nor been idle since. */
  workerOf(of: PlaceId, [which, before]: Attempt): PlaceId | undefined {
    const fits = ({ owner, sequence, flags }: QueuedTask): boolean => owner === of && sequence === which && attemptIn(flags) === before;
    for (const lease of this.#leases.values()) if (lease.sent.some(fits)) return lease.worker.place;
    return undefined;
  }
}

function isOnlyFor({ idle, lastOwner, lessees }: GrantedLease, isGone: (owner: PlaceId) => boolean): boolean {
  return idle ? lessees.size > 0 && [...lessees].every(isGone) : isGone(lastOwner);
}
