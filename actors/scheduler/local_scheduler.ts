import { type Attempt, CallerOp, type SchedulerContract, SchedulerOp } from "../../runtime/contracts/mod.ts";
import {
  type Actor,
  ActorNumber,
  type Delivery,
  type Envelope,
  goneWith,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  SYSTEM_SLOT,
  serve,
} from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { CurrentTask } from "../../runtime/worker/mod.ts";
import type { Candidate } from "./admission.ts";
import { Backlog } from "./backlog.ts";
import { Cancellations } from "./cancellations.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type GrantedLease, sentUnder } from "./granted_lease.ts";
import { GrantedLeases, type Running } from "./granted_leases.ts";
import { GroupTasks } from "./group_tasks.ts";
import type { LocalSchedulerOptions, OwnContract } from "./local_scheduler_options.ts";
import type { NodeResources } from "./node_resources.ts";
import { Orphans } from "./orphans.ts";
import { refusals } from "./refusals.ts";
import { Retirements } from "./retirements.ts";
import { Spillover } from "./spillover.ts";
import { Stranded } from "./stranded.ts";
import type { SubmitEnvelope } from "./task_messages.ts";
import { TaskNews } from "./task_news.ts";
import { type WorkerKind, WorkerSlot } from "./worker_slot.ts";
import { WorkerSlots } from "./worker_slots.ts";

/**
 * A node's scheduler. It grants leases: a worker and resources for one scheduling class. Tasks then go to the
 * worker singly, or are claimed by it from shared batches, or are pushed by their owners under the lease.
 * It does not look at arguments and does not see results.
 */
export class LocalScheduler implements Actor {
  readonly #options: LocalSchedulerOptions;
  readonly #kernel: Kernel;
  readonly #node: NodeNumber;
  readonly #backlog: Backlog;
  readonly #spillover: Spillover;
  readonly #stranded: Stranded;
  readonly #leases: GrantedLeases;
  readonly #orphans: Orphans;
  readonly #news: TaskNews;
  /** What becomes of the tasks of placement groups. */
  readonly groups: GroupTasks;
  readonly #workers: WorkerSlots = new WorkerSlots();
  readonly #retirements: Retirements;
  readonly #dispatcher: Dispatcher;
  readonly #contract: Actor;
  #scheduled = false;
  #draining = false;

  constructor(options: LocalSchedulerOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
    this.#node = nodeOf(options.kernel.place);
    this.#news = new TaskNews(options.kernel);
    this.#leases = new GrantedLeases({ ...options, news: this.#news, changed: (worker) => this.#leasesChanged(worker) });
    this.#backlog = new Backlog({ ...options, changed: () => this.wake() });
    this.#spillover = new Spillover({
      ...options.spillover,
      kernel: options.kernel,
      clock: options.clock,
      node: this.#node,
      news: this.#news,
      here: (queue, tasks) => this.#placedHere(queue, tasks),
      refuse: (queue, error) => this.#refuse(queue, error),
    });
    const hasRoom = (queue: ClassQueue): boolean => options.admission.roomFor(queue) !== undefined;
    this.#stranded = new Stranded({ ...options, backlog: this.#backlog, news: this.#news, hasRoom });
    const kill = (place: PlaceId, detail: string): void => {
      options.workers.kill(place, detail);
      this.workerEnds(place);
    };
    const stranded = this.#stranded;
    this.groups = new GroupTasks({
      ...options,
      backlog: this.#backlog,
      leases: this.#leases,
      stranded,
      forget: (queue) => this.#forget(queue),
      kill,
    });
    const kept = Math.ceil(options.resources.total.get("CPU"));
    this.#retirements = new Retirements({ ...options, slots: this.#workers, leases: this.#leases, kept, freed: () => this.wake() });
    const parts = { backlog: this.#backlog, leases: this.#leases, slots: this.#workers, retirements: this.#retirements };
    this.#dispatcher = new Dispatcher({ ...options, ...parts });
    this.#orphans = new Orphans({ ...options, backlog: this.#backlog, leases: this.#leases, kill });
    const stops = new Cancellations({
      ...options,
      backlog: this.#backlog,
      leases: this.#leases,
      slots: this.#workers,
      spillover: this.#spillover,
      kill,
    });
    const contract: SchedulerContract & OwnContract = {
      cancel: (caller, sequence, how) => stops.cancel(caller.from, sequence, how),
      cancelFor: (_caller, owner, sequence, how) => stops.cancel(owner, sequence, how),
      retire: (caller) => this.#retirements.retire(caller.from),
      orphaned: (caller) => this.#orphans.end(caller.from),
      takeBack: (caller, schedulingClass, tasks) => this.#takeBack(nodeOf(caller.from), schedulingClass, tasks),
    };
    this.#contract = serve(options.kernel, contract);
  }

  receive(envelope: Envelope, delivery: Delivery): void {
    switch (envelope[1]) {
      case SchedulerOp.submit: {
        const [, , owner, template, sequence, form, data, needs, flags, givenBack] = envelope as unknown as SubmitEnvelope;
        const task: QueuedTask = { owner, template, sequence, form, data, needs, flags };
        if (givenBack === undefined || this.#givenBack(delivery.from, task)) this.#backlog.add(task);
        return;
      }
      case SchedulerOp.batch:
      case SchedulerOp.spilled: {
        const [, op, owner, template, attachment] = envelope as unknown as [0, number, PlaceId, number, number];
        this.#backlog.addBatch({ owner, template, relayed: op === SchedulerOp.spilled }, delivery.attachments[attachment] as SharedArrayBuffer);
        return;
      }
      case SchedulerOp.taken:
        this.#spillover.taken(envelope[2] as string, nodeOf(delivery.from), envelope[3] as number);
        return;
      default: {
        if (typeof envelope[1] !== "number") return this.#contract.receive(envelope, delivery);
        if (this.#news.passOn(envelope, delivery.from)) return;
        if (envelope[1] === SchedulerOp.acknowledged) {
          this.#workers.acknowledged(envelope[2] as number);
          return this.wake();
        }
        const lease = this.#leases.get(envelope[2] as number);
        if (lease !== undefined) this.#leaseNews(lease, envelope, delivery.from);
      }
    }
  }

  /** What a worker, or a lessee, says of a lease. */
  #leaseNews(lease: GrantedLease, [, op, , running]: Envelope, from: PlaceId): void {
    switch (op) {
      case SchedulerOp.idle:
        this.#idle(lease);
        break;
      case SchedulerOp.handedBack:
        this.#leases.handedBack(lease);
        this.#idle(lease);
        break;
      case SchedulerOp.relinquished:
        this.#leases.relinquished(lease, { by: from, running: running as Attempt | undefined });
        break;
      case SchedulerOp.blocked:
      case SchedulerOp.unblocked:
        this.#leases.setBlocked(lease, op === SchedulerOp.blocked);
        break;
      case SchedulerOp.kept:
        // It has a task of its lessee's, and comes when that has ended.
        this.#leases.busy(lease);
        break;
      case SchedulerOp.returned:
        this.#leases.end(lease);
        this.#leasesChanged(lease.worker);
        break;
    }
    this.wake();
  }

  #leasesChanged(worker?: WorkerSlot): void {
    if (worker !== undefined) this.#retirements.returned(worker);
    this.wake();
  }

  #idle(lease: GrantedLease): void {
    lease.idle = true;
    lease.sent = [];
    lease.queue.forget(lease);
    if (lease.revoking) return;
    // More runs than there is room for, since a task that waited went on: that is paid back first.
    if (this.#draining || !lease.room.debt.isEmpty) this.#leases.revoke(lease);
    else this.#dispatcher.idle(lease);
  }

  /** A worker is up and may be leased. */
  workerReady(place: PlaceId, kind: WorkerKind, environment: string): void {
    this.#workers.add(new WorkerSlot(place, { kind, environment, nowMs: this.#options.clock.now() }));
    this.wake();
  }

  /** In this memory a worker says which task it runs. */
  canSee(place: PlaceId, current: SharedArrayBuffer): void {
    const slot = this.#workers.get(place);
    if (slot !== undefined) slot.current = new CurrentTask(current);
  }

  /** A free worker is taken for something else, such as an actor of its own. */
  takeWorker(kind: WorkerKind, environment: string): PlaceId | undefined {
    const slot = this.#workers.free(kind, environment);
    if (slot === undefined) this.#leases.revokeIdle();
    else this.#workers.delete(slot.place);
    return slot?.place;
  }

  /** A worker is being ended. It may say that it is idle before it is gone: it gets nothing more. */
  workerEnds(place: PlaceId): void {
    this.#retirements.retire(place);
  }

  /** A worker is gone: what it held is free, and the owners of its tasks hear of its death. */
  workerLost(place: PlaceId, death: Uint8Array): void {
    const slot = this.#workers.get(place);
    this.#workers.delete(place);
    const lost = [...(slot?.leases ?? [])];
    const sent = sentUnder(lost);
    for (const lease of lost) this.#leases.end(lease);
    // Those of this node hear of it in any case: the worker may hold more of theirs than this scheduler knows.
    for (const other of new Set([...this.#options.places(), ...sent.keys(), ...this.#leases.lost(place)])) {
      if (other !== place) this.#kernel.send(other, [ActorNumber.caller, CallerOp.workerLost, place, death, sent.get(other) ?? []]);
    }
    this.ownerLost(place);
  }

  /** A place, of this node or another, is gone: what it submitted is wanted no more. */
  ownerLost(place: PlaceId): void {
    this.#orphans.ownerLost(place);
    this.#workers.lesseesLost(goneWith(place));
    this.wake();
  }

  /** Another node is gone: the places of this one try again what they had there, and what it had here is wanted no more. */
  nodeLost(node: NodeNumber, death: Uint8Array): void {
    this.#spillover.nodeLost(node);
    for (const place of this.#options.places()) this.#kernel.send(place, [ActorNumber.caller, CallerOp.nodeLost, node, death]);
    this.ownerLost(placeId(node, SYSTEM_SLOT));
  }

  /** Takes resources for something that is not a task; none when they are not free now. */
  reserve(candidate: Candidate): NodeResources | undefined {
    const room = this.#options.admission.roomFor(candidate);
    if (room?.take(candidate.demand)) return room;
    this.#leases.revokeIdle();
    return undefined;
  }

  release(room: NodeResources, amount: ResourceSet): void {
    room.give(amount);
    this.wake();
  }

  /** Something waits for resources that idle leases hold. */
  makeRoom(): void {
    this.#leases.revokeIdle();
  }

  /** This node is to be empty: what has begun here ends here, and what its own places submit runs elsewhere. */
  drain(): void {
    this.#draining = true;
    this.#options.admission.close();
    this.#leases.revokeAll();
    this.wake();
  }

  /** Another node takes nothing new. */
  closedTo(node: NodeNumber): void {
    this.#spillover.closedTo(node);
  }

  /** What others may have of this node: what is free, and what leases hold under which nothing runs. */
  get available(): ResourceSet {
    const { resources } = this.#options;
    return resources.available.add(this.#leases.idleIn(resources));
  }

  /** What runs here, by worker. */
  running(): Running[] {
    return this.#leases.running();
  }

  /** What waits here, and of what kind. */
  pending(): { name: string; demand: ResourceSet; waiting: number }[] {
    return this.#backlog.pending();
  }

  /** The global scheduler has chosen this node for so many of the tasks of a class. */
  #placedHere(queue: ClassQueue, tasks: number): void {
    if (queue.placement.schedulingStrategy === "SPREAD") this.#backlog.place(queue, tasks);
    else this.#options.admission.settle(queue);
    this.wake();
  }

  /** Another node had no room for what was sent there. */
  #takeBack(node: NodeNumber, schedulingClass: string, tasks: readonly QueuedTask[]): void {
    this.#spillover.cameBack(schedulingClass, node);
    this.#stranded.takeBack(tasks);
  }

  /** Something may run that could not before: schedules once for all that comes in this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#schedule());
  }

  #schedule(): void {
    this.#scheduled = false;
    for (const queue of this.#backlog) {
      const waiting = queue.waiting;
      if (waiting === 0) {
        this.#spillover.emptied(queue);
        continue;
      }
      if (queue.origin !== "own" && this.#options.admission.turnsAway(queue)) {
        this.#stranded.giveBack(queue);
        continue;
      }
      const here = queue.origin !== "own" || this.#options.admission.runsHere(queue);
      if (here) this.#dispatcher.serve(queue, waiting);
      if (queue.waiting === 0) this.#spillover.emptied(queue);
      else if (queue.origin === "own") this.#spillover.offer(queue, here);
      else this.#stranded.look(queue);
    }
    this.#retirements.look();
    this.#options.scheduled();
  }

  /** No worker of this kind and environment can be started: what waits for one fails. */
  unstartable(kind: WorkerKind, environment: string, error: unknown): void {
    for (const queue of [...this.#backlog]) {
      if (queue.kind === kind && queue.environment === environment && queue.waiting > 0) this.#refuse(queue, error);
    }
  }

  /** Nobody can ever run what waits here: its owners hear why. */
  #refuse(queue: ClassQueue, error: unknown): void {
    this.#forget(queue);
    const nameOf = (owner: PlaceId, template: number): string => this.#options.template(owner, template)?.name ?? queue.placement.name;
    let refused = 0;
    for (const { owner, sequence, wire } of refusals(queue.takeAll(), { error, nameOf })) {
      this.#kernel.send(owner, [ActorNumber.caller, CallerOp.refused, sequence, wire, false]);
      refused++;
    }
    this.#backlog.begun(queue, refused);
  }

  #forget(queue: ClassQueue): void {
    this.#backlog.delete(queue);
    this.#spillover.forget(queue);
  }

  /** A worker gives a task back. False when it counts as dead already: then its owner takes the task for lost with it. */
  #givenBack(worker: PlaceId, task: QueuedTask): boolean {
    if (![...this.#options.places()].includes(worker)) return false;
    for (const lease of this.#workers.get(worker)?.leases ?? []) lease.gaveBack(task);
    this.#news.givenBack(task);
    return true;
  }
}
