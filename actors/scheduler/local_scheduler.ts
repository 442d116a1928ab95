import { CallerOp, ExecutorOp, type SchedulerContract, SchedulerOp } from "../../runtime/contracts/mod.ts";
import { type Actor, ActorNumber, type Caller, type Delivery, type Envelope, type Kernel, type PlaceId, serve } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { TaskBatch } from "../../runtime/tasks/mod.ts";
import { faultPayload, payloadToWire } from "../../runtime/values/mod.ts";
import { type Candidate, groupOf } from "./admission.ts";
import { ClassQueue, type QueuedTask } from "./class_queue.ts";
import { type SubmitEnvelope, sendBatch, sendTask } from "./dispatch.ts";
import { GrantedLease, sentUnder } from "./granted_lease.ts";
import type { LocalSchedulerOptions, Workers } from "./local_scheduler_options.ts";
import { cpuPart, type NodeResources } from "./node_resources.ts";
import { refusals } from "./refusals.ts";
import { Unready } from "./unready.ts";
import { type WorkerKind, WorkerSlot } from "./worker_slot.ts";
import { WorkerSlots } from "./worker_slots.ts";

/** An idle lease is kept for its lessees this long, as with Ray. */
export const LEASE_LINGER_MS = 500;

/** A worker whose lease is called back for good may take this long to return it. */
const RETURN_PATIENCE_MS = 50;

/**
 * A node's scheduler. It grants leases: a worker and resources for one scheduling class. Tasks then go to the
 * worker singly, or are claimed by it from shared batches, or are pushed by their owners under the lease.
 * It does not look at arguments and does not see results.
 */
export class LocalScheduler implements Actor {
  readonly #options: LocalSchedulerOptions;
  readonly #kernel: Kernel;
  readonly #queues: Map<string, ClassQueue> = new Map();
  readonly #leases: Map<number, GrantedLease> = new Map();
  readonly #workers: WorkerSlots = new WorkerSlots();
  readonly #unready: Unready;
  readonly #contract: Actor;
  #nextLease = 1;
  #scheduled = false;

  constructor(options: LocalSchedulerOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
    this.#unready = new Unready((ids, action) => options.whenHere(ids, action));
    const contract: SchedulerContract & { retire(caller: Caller): void } = {
      cancel: (caller, sequence, how) => this.#cancel(caller.from, sequence, how),
      totalResources: () => options.resources.total.toObject(),
      availableResources: () => options.resources.available.toObject(),
      retire: (caller) => this.#retire(caller.from),
    };
    this.#contract = serve(options.kernel, contract);
  }

  receive(envelope: Envelope, delivery: Delivery): void {
    switch (envelope[1]) {
      case SchedulerOp.submit: {
        const [, , owner, template, sequence, form, data, needs, flags, busyLease] = envelope as unknown as SubmitEnvelope;
        if (busyLease !== undefined) this.#isBusy(busyLease);
        this.#submit({ owner, template, sequence, form, data, flags }, needs);
        return;
      }
      case SchedulerOp.batch: {
        const [, , owner, template, attachment] = envelope as unknown as [0, 0, PlaceId, number, number];
        this.#queueOf(owner, template).addBatch({
          owner,
          template,
          batch: new TaskBatch(delivery.attachments[attachment] as SharedArrayBuffer),
          shown: new Set(),
        });
        this.wake();
        return;
      }
      case SchedulerOp.idle:
        this.#idle(envelope[2] as number);
        return;
      case SchedulerOp.blocked:
        this.#setBlocked(envelope[2] as number, true);
        return;
      case SchedulerOp.unblocked:
        this.#setBlocked(envelope[2] as number, false);
        return;
      case SchedulerOp.returned:
        this.#returned(envelope[2] as number);
        return;
      case SchedulerOp.kept:
        this.#isBusy(envelope[2] as number);
        this.wake();
        return;
      default:
        this.#contract.receive(envelope, delivery);
    }
  }

  /** A worker is up and may be leased. */
  workerReady(place: PlaceId, kind: WorkerKind, environment: string): void {
    this.#workers.add(new WorkerSlot(place, kind, environment));
    this.wake();
  }

  /** A free worker is taken for something else, such as an actor of its own. */
  takeWorker(kind: WorkerKind, environment: string): PlaceId | undefined {
    const slot = this.#workers.free(kind, environment);
    if (slot !== undefined) {
      this.#workers.delete(slot.place);
      return slot.place;
    }
    this.#revokeIdle();
    return undefined;
  }

  /** A worker is gone: what it held is free, and the owners of its tasks hear of its death. */
  workerLost(place: PlaceId, death: Uint8Array): void {
    const slot = this.#workers.get(place);
    this.#workers.delete(place);
    const lost = [...(slot?.leases ?? [])];
    const sent = sentUnder(lost);
    for (const lease of lost) this.#end(lease);
    this.#unready.dropOwner(place);
    for (const queue of this.#queues.values()) queue.dropOwner(place);
    for (const other of this.#options.places()) {
      if (other === place) continue;
      this.#kernel.send(other, [ActorNumber.caller, CallerOp.workerLost, place, death, sent.get(other) ?? []]);
      this.#kernel.send(other, [ActorNumber.executor, ExecutorOp.ownerLost, place]);
    }
    this.wake();
  }

  /** Takes resources for something that is not a task; none when they are not free now. */
  reserve(candidate: Candidate): NodeResources | undefined {
    const room = this.#options.admission.roomFor(candidate);
    if (room?.take(candidate.demand)) return room;
    this.#revokeIdle();
    return undefined;
  }

  release(room: NodeResources, amount: ResourceSet): void {
    room.give(amount);
    this.wake();
  }

  /** Something waits for resources that idle leases hold. */
  makeRoom(): void {
    this.#revokeIdle();
  }

  /** A placement group is gone: the owners of its tasks hear of it, and the workers that run some are ended. */
  endGroup(groupId: string, fault: Uint8Array): void {
    const queues = [...this.#queues.values()].filter((queue) => groupOf(queue) === groupId);
    if (queues.length === 0) return;
    const wire = payloadToWire(faultPayload(fault));
    for (const place of this.#options.places()) this.#kernel.send(place, [ActorNumber.caller, CallerOp.groupRemoved, groupId, wire]);
    for (const queue of queues) {
      this.#queues.delete(queue.key);
      for (const lease of queue.leases) this.#stop(lease, `its placement group ${groupId} was removed`);
    }
  }

  /** What waits here, and of what kind. */
  pending(): { name: string; demand: ResourceSet; waiting: number }[] {
    return [...this.#queues.values()]
      .filter((queue) => queue.waiting > 0)
      .map(({ placement, demand, waiting }) => ({ name: placement.name, demand, waiting }));
  }

  #submit(task: QueuedTask, needs: readonly string[]): void {
    const { owner, template } = task;
    if (this.#options.template(owner, template) === undefined) {
      // A worker that had it straight from its owner gave it back; what its owner says comes on another link.
      this.#options.whenPublished(owner, template, () => this.#submit(task, needs));
      return;
    }
    const enqueue = (): void => {
      this.#queueOf(task.owner, task.template).singles.push(task);
      this.wake();
    };
    if (needs.length === 0) enqueue();
    else this.#unready.add(task, needs, enqueue);
  }

  #queueOf(owner: PlaceId, number: number): ClassQueue {
    const template = this.#options.template(owner, number);
    if (template === undefined) throw new Error(`template ${number} of place ${owner} was not published`);
    let queue = this.#queues.get(template.schedulingClass);
    if (queue === undefined) {
      queue = ClassQueue.of(template, this.#options.isolation);
      this.#queues.set(queue.key, queue);
    }
    return queue;
  }

  /** Something may run that could not before: schedules once for all that comes in this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#schedule();
    });
  }

  #schedule(): void {
    for (const queue of this.#queues.values()) {
      const waiting = queue.waiting;
      if (waiting === 0) continue;
      const admitted = this.#options.admission.admits(queue, (error) => this.#refuse(queue, error));
      if (admitted) this.#serve(queue, waiting);
    }
    this.#options.scheduled();
  }

  #serve(queue: ClassQueue, waiting: number): void {
    let left = waiting;
    for (const lease of queue.leases) {
      if (left === 0) return;
      if (lease.idle && !lease.revoking && !lease.blocked && this.#dispatch(lease)) left--;
    }
    // Workers that are busy with a batch of this class take its tasks anyway.
    while (left > 0 && queue.waiting > 0) {
      const lease = this.#grant(queue, left);
      if (lease === undefined || !this.#dispatch(lease)) return;
      left--;
    }
  }

  /** No worker of this kind and environment can be started: what waits for one fails. */
  unstartable(kind: WorkerKind, environment: string, error: unknown): void {
    for (const queue of [...this.#queues.values()]) {
      if (queue.kind === kind && queue.environment === environment && queue.waiting > 0) this.#refuse(queue, error);
    }
  }

  /** Nobody can ever run what waits here: its owners hear why. */
  #refuse(queue: ClassQueue, error: unknown): void {
    this.#queues.delete(queue.key);
    const nameOf = (owner: PlaceId, template: number): string => this.#options.template(owner, template)?.name ?? queue.placement.name;
    for (const { owner, sequence, wire } of refusals(queue.takeAll(), { error, nameOf })) {
      this.#kernel.send(owner, [ActorNumber.caller, CallerOp.refused, sequence, wire, false]);
    }
  }

  #grant(queue: ClassQueue, waiting: number): GrantedLease | undefined {
    const { admission, workers } = this.#options;
    const room = admission.roomFor(queue);
    if (room === undefined) {
      this.#revokeIdle(queue);
      return undefined;
    }
    const worker = this.#workers.free(queue.kind, queue.environment) ?? this.#spareWorker(queue, waiting, workers);
    if (worker === undefined) return undefined;
    room.take(queue.demand);
    const lease = new GrantedLease(this.#nextLease++, worker, { queue, room });
    this.#leases.set(lease.id, lease);
    worker.leases.add(lease);
    queue.leases.add(lease);
    return lease;
  }

  /** No worker is free: one more is started, or idle leases are called back, or a waiting thread takes the task in between. */
  #spareWorker(queue: ClassQueue, waiting: number, workers: Workers): WorkerSlot | undefined {
    if (this.#revokeIdle(queue)) return undefined;
    if (workers.request(queue.kind, queue.environment, waiting)) return undefined;
    return this.#workers.waiting(queue.kind, queue.environment);
  }

  /** Sends one thing to run under a lease. False when nothing waits for it. */
  #dispatch(lease: GrantedLease): boolean {
    const { queue } = lease;
    const task = queue.singles.shift();
    if (task !== undefined) {
      this.#busy(lease, task.owner);
      lease.sent.push(task);
      sendTask(this.#kernel, lease, task);
      return true;
    }
    const queued = queue.batchFor(lease);
    if (queued === undefined) return false;
    queued.shown.add(lease);
    this.#busy(lease, queued.owner);
    sendBatch(this.#kernel, lease, queued);
    return true;
  }

  #busy(lease: GrantedLease, owner: PlaceId): void {
    lease.idle = false;
    lease.lastOwner = owner;
    lease.stopLinger?.();
    lease.stopLinger = undefined;
  }

  /** The worker had tasks of a lessee's when it was thought idle. */
  #isBusy(id: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.sent = [];
    this.#busy(lease, lease.lastOwner);
  }

  #idle(id: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.idle = true;
    lease.sent = [];
    lease.queue.forget(lease);
    if (lease.revoking) return;
    if (lease.queue.waiting > 0 && this.#dispatch(lease)) return;
    this.#linger(lease);
    this.wake();
  }

  /** Nothing waits: those whose tasks it ran may push the next ones straight to the worker, for a while. */
  #linger(lease: GrantedLease): void {
    if (lease.lastOwner >= 0 && !lease.lessees.has(lease.lastOwner)) {
      lease.lessees.add(lease.lastOwner);
      this.#kernel.send(lease.lastOwner, [ActorNumber.caller, CallerOp.lease, lease.queue.key, lease.id, lease.worker.place]);
    }
    lease.stopLinger ??= this.#options.clock.after(LEASE_LINGER_MS, () => this.#revoke(lease));
  }

  /** Calls back idle leases so that others may have what they hold; true when one is on its way back. */
  #revokeIdle(wanted?: ClassQueue): boolean {
    let coming = false;
    for (const lease of this.#leases.values()) {
      if (lease.queue === wanted) continue;
      if (wanted !== undefined && lease.worker.kind !== wanted.kind && lease.queue.demand.isEmpty) continue;
      // One that is kept, by a long task or by one that waits for what `wanted` is to run, comes too late.
      if (!lease.idle || lease.blocked) continue;
      this.#revoke(lease);
      coming = true;
    }
    return coming;
  }

  #revoke(lease: GrantedLease): void {
    if (lease.revoking || !this.#leases.has(lease.id)) return;
    lease.revoking = true;
    lease.stopLinger?.();
    for (const lessee of lease.lessees) this.#kernel.send(lessee, [ActorNumber.caller, CallerOp.leaseEnded, lease.id]);
    this.#kernel.send(lease.worker.place, [ActorNumber.executor, ExecutorOp.revoke, lease.id]);
  }

  /** Ends a lease with what runs under it; one that is idle, as far as anyone knows, gets the time to say so. */
  #stop(lease: GrantedLease, detail: string): void {
    const { workers, clock } = this.#options;
    const kill = (): void => {
      if (this.#leases.has(lease.id)) workers.kill(lease.worker.place, detail);
    };
    if (!lease.idle) kill();
    else {
      this.#revoke(lease);
      clock.after(RETURN_PATIENCE_MS, kill);
    }
  }

  #returned(id: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#end(lease);
    if (lease.worker.retiring && lease.worker.leases.size === 0) this.#options.workers.retire(lease.worker.place);
    this.wake();
  }

  #end(lease: GrantedLease): void {
    lease.stopLinger?.();
    this.#leases.delete(lease.id);
    lease.worker.leases.delete(lease);
    lease.queue.leases.delete(lease);
    lease.queue.forget(lease);
    const { demand } = lease.queue;
    lease.room.give(lease.blocked ? demand.subtract(cpuPart(demand)) : demand);
  }

  /** All that runs under the lease waits for objects: its CPU is free for others until it goes on. */
  #setBlocked(id: number, blocked: boolean): void {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.blocked === blocked) return;
    lease.blocked = blocked;
    const cpus = cpuPart(lease.queue.demand);
    if (blocked) lease.room.give(cpus);
    else lease.room.takeAnyway(cpus);
    this.wake();
  }

  #retire(place: PlaceId): void {
    const slot = this.#workers.get(place);
    if (slot === undefined) return;
    slot.retiring = true;
    if (slot.leases.size === 0) this.#options.workers.retire(place);
    for (const lease of slot.leases) this.#revoke(lease);
  }

  #cancel(owner: PlaceId, sequence: number, how: { force: boolean; recursive: boolean; worker?: PlaceId | undefined }): void {
    if (this.#unready.remove(owner, sequence)) return;
    const fits = (task: QueuedTask): boolean => task.owner === owner && task.sequence === sequence;
    for (const queue of this.#queues.values()) if (queue.singles.remove(fits) !== undefined) return;
    // Where it was sent from here counts more: its owner does not hear of it when a worker gives a task back.
    const place = [...this.#leases.values()].find((lease) => lease.sent.some(fits))?.worker.place ?? how.worker;
    if (place === undefined) return;
    this.#kernel.send(place, [ActorNumber.executor, ExecutorOp.cancel, owner, sequence, how.recursive, "cancelled"]);
    if (how.force) this.#options.workers.kill(place, "cancel() with force");
  }
}
