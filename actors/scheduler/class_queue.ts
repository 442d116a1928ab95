import { type PlaceId, Ring } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ArgumentForm, TaskBatch } from "../../runtime/tasks/mod.ts";
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

/** A batch as it waits here, until its last task is claimed. */
export interface QueuedBatch {
  readonly owner: PlaceId;
  readonly template: number;
  readonly batch: TaskBatch;
  /** Leases that have been shown it. */
  readonly shown: Set<GrantedLease>;
}

/** The tasks of one scheduling class that wait: what they need is the same for all. */
export class ClassQueue {
  readonly key: string;
  readonly demand: ResourceSet;
  readonly kind: WorkerKind;
  readonly environment: string;
  readonly name: string;
  readonly singles: Ring<QueuedTask> = new Ring();
  readonly leases: Set<GrantedLease> = new Set();
  #batches: QueuedBatch[] = [];
  /** Whether users have been told that it can't run. */
  warned = false;

  constructor(key: string, options: { demand: ResourceSet; kind: WorkerKind; environment: string; name: string }) {
    this.key = key;
    this.demand = options.demand;
    this.kind = options.kind;
    this.environment = options.environment;
    this.name = options.name;
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
