import type { PlacementDemand } from "../../runtime/contracts/mod.ts";
import { type PlaceId, Ring } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ArgumentForm, TaskBatch, TaskTemplate } from "../../runtime/tasks/mod.ts";
import type { Candidate } from "./admission.ts";
import type { GrantedLease } from "./granted_lease.ts";
import type { WorkerKind } from "./worker_slot.ts";

/** A single task as it waits here; its arguments are passed on unread. */
export interface QueuedTask {
  readonly owner: PlaceId;
  readonly template: number;
  readonly sequence: number;
  readonly form: ArgumentForm;
  readonly data: unknown;
  readonly flags: number;
}

/** A task as far as its owner has to be told of it. */
export type WaitingTask = Pick<QueuedTask, "owner" | "template" | "sequence">;

/** A batch as it waits here, until its last task is claimed. */
export interface QueuedBatch {
  readonly owner: PlaceId;
  readonly template: number;
  readonly batch: TaskBatch;
  /** Leases that have been shown it. */
  readonly shown: Set<GrantedLease>;
}

/** Stands for the scheduler among those who claim tasks from a batch: no worker has this number. */
const REFUSED = 2 ** 30;

/** The tasks of one scheduling class that wait: what they need is the same for all. */
export class ClassQueue implements Candidate {
  readonly key: string;
  readonly demand: ResourceSet;
  readonly kind: WorkerKind;
  readonly environment: string;
  readonly placement: PlacementDemand;
  readonly singles: Ring<QueuedTask> = new Ring();
  readonly leases: Set<GrantedLease> = new Set();
  #batches: QueuedBatch[] = [];

  constructor(key: string, options: { demand: ResourceSet; kind: WorkerKind; environment: string; placement: PlacementDemand }) {
    this.key = key;
    this.demand = options.demand;
    this.kind = options.kind;
    this.environment = options.environment;
    this.placement = options.placement;
  }

  /** The queue for a template's class; `isolation` is the node's default. */
  static of({ schedulingClass, options, name }: TaskTemplate, isolation: WorkerKind): ClassQueue {
    const { resources, schedulingStrategy, labelSelector, fallbackStrategy } = options;
    return new ClassQueue(schedulingClass, {
      demand: ResourceSet.from(resources),
      kind: (options.isolation ?? isolation) === "process" ? "process" : "thread",
      environment: JSON.stringify(options.runtimeEnv ?? null),
      placement: { kind: "task", name, resources, schedulingStrategy, labelSelector, fallbackStrategy },
    });
  }

  addBatch(batch: QueuedBatch): void {
    this.#batches.push(batch);
  }

  /** The first batch with tasks to claim that the lease has not been shown. */
  batchFor(lease: GrantedLease): QueuedBatch | undefined {
    this.#dropExhausted();
    return this.#batches.find((queued) => !queued.shown.has(lease));
  }

  /** How many tasks wait. */
  get waiting(): number {
    this.#dropExhausted();
    let waiting = this.singles.size;
    for (const { batch } of this.#batches) waiting += batch.waiting;
    return waiting;
  }

  /** Takes out all that waits: it will never run. */
  *takeAll(): Generator<WaitingTask> {
    for (let task = this.singles.shift(); task !== undefined; task = this.singles.shift()) yield task;
    for (const { owner, template, batch } of this.#batches.splice(0)) {
      for (let task = batch.claim(REFUSED); task !== undefined; task = batch.claim(REFUSED)) yield { owner, template, sequence: task[0] };
    }
  }

  /** A lease may have to be shown a batch again: it left it unfinished. */
  forget(lease: GrantedLease): void {
    for (const queued of this.#batches) queued.shown.delete(lease);
  }

  /** Takes out what a place owns that is gone. */
  dropOwner(owner: PlaceId): void {
    this.#batches = this.#batches.filter((queued) => queued.owner !== owner);
    while (this.singles.remove((task) => task.owner === owner) !== undefined);
  }

  #dropExhausted(): void {
    while (this.#batches.length > 0 && (this.#batches[0] as QueuedBatch).batch.exhausted) this.#batches.shift();
  }
}
