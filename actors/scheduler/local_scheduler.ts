import { CallerOp, ExecutorOp, type SchedulerContract, SchedulerOp } from "../../runtime/contracts/mod.ts";
import { type Actor, ActorNumber, type Caller, type Clock, type Delivery, type Envelope, type Kernel, type PlaceId, serve } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import { type ArgumentForm, TaskBatch, type TaskTemplate } from "../../runtime/tasks/mod.ts";
import { ClassQueue, type QueuedTask } from "./class_queue.ts";
import { GrantedLease } from "./granted_lease.ts";
import { cpuPart, NodeResources } from "./node_resources.ts";
import { type WorkerKind, WorkerSlot } from "./worker_slot.ts";

/** An idle lease is kept for its lessees this long, as with Ray. */
export const LEASE_LINGER_MS = 500;

/** The workers that the scheduler may use. */
export interface Workers {
  /** Asks for one more; it will be told by `workerReady`. False when there are enough on their way or alive. */
  request(kind: WorkerKind, environment: string, waiting: number): boolean;
  /** Ends a worker; it will be told by `workerLost`. */
  kill(place: PlaceId, detail: string): void;
  /** Lets a worker end that the scheduler gives up. */
  retire(place: PlaceId): void;
}

export interface LocalSchedulerOptions {
  kernel: Kernel;
  clock: Clock;
  resources: NodeResources;
  workers: Workers;
  template(owner: PlaceId, number: number): TaskTemplate | undefined;
  /** Calls back once all these objects are on this node; returns the way to take that back. */
  whenHere(ids: readonly string[], action: () => void): () => void;
  places(): Iterable<PlaceId>;
  isolation: "thread" | "process";
  /** What this node can never run goes up to the global scheduler. */
  infeasible(queue: ClassQueue): void;
  /** What could be scheduled has been; resources may be left. */
  scheduled(): void;
}

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
  readonly #workers: Map<PlaceId, WorkerSlot> = new Map();
  /** Tasks that wait for their arguments, by owner and number. */
  readonly #unready: Map<string, { task: QueuedTask; stop: () => void }> = new Map();
  readonly #contract: Actor;
  #nextLease = 1;
  #scheduled = false;

  constructor(options: LocalSchedulerOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
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
        const [, , owner, template, sequence, form, data, needs, flags, busyLease] =
          envelope as unknown as [0, 0, PlaceId, number, number, ArgumentForm, unknown, readonly string[], number, number?];
        if (busyLease !== undefined) this.#isBusy(busyLease);
        this.#submit({ owner, template, sequence, form, data, flags }, needs);
        return;
      }
      case SchedulerOp.batch: {
        const [, , owner, template, attachment] = envelope as unknown as [0, 0, PlaceId, number, number];
        const queue = this.#queueOf(owner, template);
        queue?.addBatch({ owner, template, batch: new TaskBatch(delivery.attachments[attachment] as SharedArrayBuffer), shown: new Set() });
        this.#soon();
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
      default:
        this.#contract.receive(envelope, delivery);
    }
  }

  /** A worker is up and may be leased. */
  workerReady(place: PlaceId, kind: WorkerKind, environment: string): void {
    this.#workers.set(place, new WorkerSlot(place, kind, environment));
    this.#soon();
  }

  /** A free worker is taken for something else, such as an actor of its own. */
  takeWorker(kind: WorkerKind, environment: string): PlaceId | undefined {
    for (const slot of this.#workers.values()) {
      if (slot.free && slot.kind === kind && slot.environment === environment) {
        this.#workers.delete(slot.place);
        return slot.place;
      }
    }
    this.#revokeIdle();
    return undefined;
  }

  /** A worker is gone: what it held is free, and the owners of its tasks hear of its death. */
  workerLost(place: PlaceId, death: Uint8Array): void {
    const slot = this.#workers.get(place);
    this.#workers.delete(place);
    const sent = new Map<PlaceId, number[]>();
    for (const lease of slot?.leases ?? []) {
      for (const task of lease.sent) {
        const sequences = sent.get(task.owner);
        if (sequences === undefined) sent.set(task.owner, [task.sequence]);
        else sequences.push(task.sequence);
      }
      this.#end(lease);
    }
    for (const [key, { task, stop }] of this.#unready) {
      if (task.owner !== place) continue;
      stop();
      this.#unready.delete(key);
    }
    for (const queue of this.#queues.values()) queue.dropOwner(place);
    for (const other of this.#options.places()) {
      if (other === place) continue;
      this.#kernel.send(other, [ActorNumber.caller, CallerOp.workerLost, place, death, sent.get(other) ?? []]);
      this.#kernel.send(other, [ActorNumber.executor, ExecutorOp.ownerLost, place]);
    }
    this.#soon();
  }

  /** Takes resources for something that is not a task; false when they are not free now. */
  reserve(demand: ResourceSet): boolean {
    if (this.#options.resources.take(demand)) return true;
    this.#revokeIdle();
    return false;
  }

  release(amount: ResourceSet): void {
    this.#options.resources.give(amount);
    this.#soon();
  }

  /** What waits here, and of what kind. */
  pending(): { name: string; demand: ResourceSet; waiting: number }[] {
    return [...this.#queues.values()].filter((queue) => queue.waiting > 0).map(({ name, demand, waiting }) => ({ name, demand, waiting }));
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  /** Whether every worker is idle and nothing waits. */
  get quiet(): boolean {
    return this.#unready.size === 0 && [...this.#leases.values()].every((lease) => lease.idle) && this.pending().length === 0;
  }

  #submit(task: QueuedTask, needs: readonly string[]): void {
    if (needs.length === 0) {
      this.#queueOf(task.owner, task.template)?.singles.push(task);
      this.#soon();
      return;
    }
    const key = `${task.owner}.${task.sequence}`;
    const stop = this.#options.whenHere(needs, () => {
      this.#unready.delete(key);
      this.#queueOf(task.owner, task.template)?.singles.push(task);
      this.#soon();
    });
    this.#unready.set(key, { task, stop });
  }

  #queueOf(owner: PlaceId, number: number): ClassQueue | undefined {
    const template = this.#options.template(owner, number);
    if (template === undefined) throw new Error(`template ${number} of place ${owner} was not published`);
    let queue = this.#queues.get(template.schedulingClass);
    if (queue === undefined) {
      const { options } = template;
      queue = new ClassQueue(template.schedulingClass, {
        demand: ResourceSet.from(options.resources),
        kind: (options.isolation ?? this.#options.isolation) === "process" ? "process" : "thread",
        environment: JSON.stringify(options.runtimeEnv ?? null),
        name: template.name,
      });
      this.#queues.set(queue.key, queue);
    }
    return queue;
  }

  /** Schedules once for all that comes in this turn. */
  #soon(): void {
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
      if (!this.#options.resources.feasible(queue.demand)) {
        this.#options.infeasible(queue);
        continue;
      }
      this.#serve(queue, waiting);
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

  #grant(queue: ClassQueue, waiting: number): GrantedLease | undefined {
    const { resources, workers } = this.#options;
    if (!queue.demand.fits(resources.available)) {
      this.#revokeIdle(queue);
      return undefined;
    }
    const worker = this.#workerFor(queue) ?? this.#spareWorker(queue, waiting, workers);
    if (worker === undefined) return undefined;
    resources.take(queue.demand);
    const lease = new GrantedLease(this.#nextLease++, worker, queue);
    this.#leases.set(lease.id, lease);
    worker.leases.add(lease);
    queue.leases.add(lease);
    return lease;
  }

  #workerFor(queue: ClassQueue): WorkerSlot | undefined {
    for (const slot of this.#workers.values()) {
      if (slot.free && slot.kind === queue.kind && slot.environment === queue.environment) return slot;
    }
    return undefined;
  }

  /** No worker is free: one more is started, or idle leases are called back, or a waiting thread takes the task in between. */
  #spareWorker(queue: ClassQueue, waiting: number, workers: Workers): WorkerSlot | undefined {
    if (this.#revokeIdle(queue)) return undefined;
    if (workers.request(queue.kind, queue.environment, waiting)) return undefined;
    let best: WorkerSlot | undefined;
    for (const slot of this.#workers.values()) {
      if (!slot.waiting || slot.kind !== queue.kind || slot.environment !== queue.environment) continue;
      if (best === undefined || slot.leases.size < best.leases.size) best = slot;
    }
    return best;
  }

  /** Sends one thing to run under a lease. False when nothing waits for it. */
  #dispatch(lease: GrantedLease): boolean {
    const { queue, worker } = lease;
    const task = queue.singles.shift();
    if (task !== undefined) {
      this.#busy(lease, task.owner);
      lease.sent.push(task);
      this.#kernel.send(worker.place, [
        ActorNumber.executor,
        ExecutorOp.run,
        lease.id,
        task.owner,
        task.template,
        task.sequence,
        task.form,
        task.data,
        task.flags,
      ]);
      return true;
    }
    const queued = queue.batchFor(lease);
    if (queued === undefined) return false;
    queued.shown.add(lease);
    this.#busy(lease, queued.owner);
    const attachment = this.#kernel.attach(worker.place, queued.batch.buffer);
    this.#kernel.send(worker.place, [ActorNumber.executor, ExecutorOp.batch, lease.id, queued.owner, queued.template, attachment]);
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
    this.#soon();
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
      if (lease.revoking) coming = true;
      else if (lease.idle && !lease.blocked) {
        this.#revoke(lease);
        coming = true;
      }
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

  #returned(id: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#end(lease);
    if (lease.worker.retiring && lease.worker.leases.size === 0) this.#options.workers.retire(lease.worker.place);
    this.#soon();
  }

  #end(lease: GrantedLease): void {
    lease.stopLinger?.();
    this.#leases.delete(lease.id);
    lease.worker.leases.delete(lease);
    lease.queue.leases.delete(lease);
    lease.queue.forget(lease);
    const { demand } = lease.queue;
    this.#options.resources.give(lease.blocked ? demand.subtract(cpuPart(demand)) : demand);
  }

  /** All that runs under the lease waits for objects: its CPU is free for others until it goes on. */
  #setBlocked(id: number, blocked: boolean): void {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.blocked === blocked) return;
    lease.blocked = blocked;
    const cpus = cpuPart(lease.queue.demand);
    if (blocked) this.#options.resources.give(cpus);
    else this.#options.resources.takeAnyway(cpus);
    this.#soon();
  }

  #retire(place: PlaceId): void {
    const slot = this.#workers.get(place);
    if (slot === undefined) return;
    slot.retiring = true;
    if (slot.leases.size === 0) this.#options.workers.retire(place);
    for (const lease of slot.leases) this.#revoke(lease);
  }

  #cancel(owner: PlaceId, sequence: number, how: { force: boolean; recursive: boolean; worker?: PlaceId | undefined }): void {
    const key = `${owner}.${sequence}`;
    const unready = this.#unready.get(key);
    if (unready !== undefined) {
      unready.stop();
      this.#unready.delete(key);
      return;
    }
    const fits = (task: QueuedTask): boolean => task.owner === owner && task.sequence === sequence;
    for (const queue of this.#queues.values()) if (queue.singles.remove(fits) !== undefined) return;
    // Where it was sent from here counts more: its owner does not hear of it when a worker gives a task back.
    const place = [...this.#leases.values()].find((lease) => lease.sent.some(fits))?.worker.place ?? how.worker;
    if (place === undefined) return;
    this.#kernel.send(place, [ActorNumber.executor, ExecutorOp.cancel, owner, sequence, how.recursive, "cancelled"]);
    if (how.force) this.#options.workers.kill(place, "cancel() with force");
  }
}
