import { type Attempt, attemptIn, ExecutorOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, HEAD_NODE, type Kernel, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { AcceleratorIds } from "./accelerator_ids.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import { GrantedLease } from "./granted_lease.ts";
import type { LocalSchedulerOptions } from "./local_scheduler_options.ts";
import { cpuPart, type NodeResources } from "./node_resources.ts";
import type { TaskNews } from "./task_news.ts";
import type { WorkerSlot } from "./worker_slot.ts";

/** An idle lease is kept for its lessees this long, as with Ray. */
export const LEASE_LINGER_MS = 500;

/** A worker that has nothing to do returns a lease at once; one that has not by then runs something that does not yield. */
const RETURN_PATIENCE_MS = 50;

/** What a lessee sent before it heard that it has the lease no more has come after this time, also if it does not say so. */
const ACKNOWLEDGE_MS = 1_000;

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

interface GrantedLeasesOptions extends Pick<LocalSchedulerOptions, "kernel" | "clock" | "accelerators" | "template"> {
  news: TaskNews;
  /** A lease has ended, of this worker; or one that was called back has not come for so long that nobody should count on it. */
  changed(worker?: WorkerSlot): void;
}

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
  readonly #news: TaskNews;
  readonly #changed: (worker?: WorkerSlot) => void;

  constructor({ kernel, clock, accelerators, template, news, changed }: GrantedLeasesOptions) {
    this.#accelerators = accelerators;
    this.#template = template;
    this.#news = news;
    this.#changed = changed;
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
    lease.stopTimer?.();
    lease.stopTimer = undefined;
  }

  /** Nothing is left to run under it, as far as is known here: it is kept for a while. */
  linger(lease: GrantedLease): void {
    lease.sinceMs = this.#clock.now();
    lease.stopTimer ??= this.#clock.after(LEASE_LINGER_MS, () => this.revoke(lease));
  }

  /**
   * Lends it to the owner of the one task that was sent under it: when that has ended, the owner may push the next ones
   * straight to the worker. It hears so before the task ends, and has the lease alone: so nothing ever waits at a worker
   * behind something that its sender did not know of, while another worker is free.
   */
  lend(lease: GrantedLease): void {
    const [task] = lease.sent;
    const { place, leases } = lease.worker;
    // What waits there under another lease goes on when it can.
    if (task === undefined || lease.lessee !== undefined || lease.revoking || leases.size > 1) return;
    if (lease.queue.isNesting(task.owner, task.template)) return;
    lease.lessee = task.owner;
    const lentTo = this.#lentTo.get(place);
    if (lentTo === undefined) this.#lentTo.set(place, new Set([task.owner]));
    else lentTo.add(task.owner);
    this.#news.lent(lease, task.owner, [task.sequence, attemptIn(task.flags)]);
  }

  /** Its lessee pushes nothing more under it; while something runs, the worker is to say when that has ended. */
  relinquished(lease: GrantedLease, { by, running }: { by: PlaceId; running: Attempt | undefined }): void {
    if (lease.lessee !== by || lease.revoking) return;
    if (running === undefined) lease.lessee = undefined;
    else {
      this.busy(lease);
      lease.relinquished = running;
    }
  }

  /** What its lessee pushed last has ended. */
  handedBack(lease: GrantedLease): void {
    if (lease.revoking) return;
    if (lease.left > 0) lease.left--;
    else {
      lease.lessee = undefined;
      lease.relinquished = undefined;
    }
  }

  /** Nothing waits for which leases were relinquished: they stay with their lessees. */
  leaveWithLessees(queue: ClassQueue): void {
    for (const lease of queue.leases) {
      const { lessee, relinquished, revoking } = lease;
      if (lessee === undefined || relinquished === undefined || revoking) continue;
      this.#news.lent(lease, lessee, relinquished);
      lease.relinquished = undefined;
      lease.left++;
    }
  }

  /** Calls back idle leases so that others may have what they hold; true when one is on its way back. */
  revokeIdle(wanted?: ClassQueue): boolean {
    let coming = false;
    const now = this.#clock.now();
    for (const lease of this.#leases.values()) {
      if (lease.queue === wanted && lease.usable) continue;
      if (wanted !== undefined && lease.worker.kind !== wanted.kind && lease.queue.demand.isEmpty) continue;
      // One that is kept, by a long task or by one that waits for what `wanted` is to run, comes too late.
      if (!lease.idle || lease.blocked) continue;
      this.revoke(lease);
      if (now - lease.revokedMs < RETURN_PATIENCE_MS) coming = true;
    }
    return coming;
  }

  /** Calls back all; what runs under them goes on to its end. */
  revokeAll(): void {
    for (const lease of [...this.#leases.values()]) this.revoke(lease);
  }

  /** Calls it back from its worker, and from who has it. One under which nothing runs for certain ends at once. */
  revoke(lease: GrantedLease): void {
    if (lease.revoking || !this.has(lease)) return;
    const { idle, lessee, worker } = lease;
    lease.revoking = true;
    lease.revokedMs = this.#clock.now();
    lease.stopTimer?.();
    lease.stopTimer = idle ? this.#clock.after(RETURN_PATIENCE_MS, this.#changed) : undefined;
    if (lessee !== undefined) this.#takeFrom(lessee, lease);
    this.#kernel.send(worker.place, [ActorNumber.executor, ExecutorOp.revoke, lease.id]);
    if (!idle || worker.unacknowledged.size > 0) return;
    this.end(lease);
    this.#changed(worker);
  }

  /** Until the lessee says that it knows, what it pushed before may still come to the worker. */
  #takeFrom(lessee: PlaceId, lease: GrantedLease): void {
    this.#news.leaseEnded(lease, lessee);
    const { worker, id } = lease;
    const stopWaiting = this.#clock.after(ACKNOWLEDGE_MS, () => {
      worker.acknowledged(id);
      this.#changed();
    });
    worker.unacknowledged.set(id, { lessee, stopWaiting });
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
    lease.stopTimer?.();
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
    if (!blocked) {
      lease.room.takeAnyway(cpus);
      return;
    }
    lease.room.give(cpus);
    this.busy(lease);
    lease.queue.nests(lease.lastOwner, lease.lastTemplate);
    // What its lessee pushed there would come back: others may have the CPU when this goes on.
    if (lease.lessee === undefined || lease.revoking) return;
    this.#takeFrom(lease.lessee, lease);
    lease.lessee = undefined;
    lease.relinquished = undefined;
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

function isOnlyFor({ idle, lastOwner, lessee }: GrantedLease, isGone: (owner: PlaceId) => boolean): boolean {
  return idle ? lessee !== undefined && isGone(lessee) : isGone(lastOwner);
}
