import type { PlacementDemand } from "../../runtime/contracts/mod.ts";
import { type NodeNumber, type PlaceId, Ring } from "../../runtime/kernel/mod.ts";
import { environmentKey } from "../../runtime/options/mod.ts";
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
  /** Objects among its arguments, which are at hand where it waits. */
  readonly needs: readonly string[];
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
  /** It was written by a scheduler: the tasks' owner does not see who claims them. */
  readonly relayed: boolean;
}

/** What became of a task that was to be dropped; `claimant` is the worker that has claimed it from a relayed batch. */
export interface Dropped {
  readonly dropped: boolean;
  readonly claimant?: number | undefined;
}

/** Some tasks of a batch, taken out of it unread. */
export interface BatchPart {
  readonly owner: PlaceId;
  readonly template: number;
  readonly records: readonly Uint8Array[];
}

/** Where the tasks of a queue come from: this node's places; those that this node was chosen for among others; another node. */
export type Origin = "own" | "placed" | NodeNumber;

/** Stands for the scheduler among those who claim tasks from a batch: no worker has this number. */
const REFUSED = 2 ** 30;

/** The tasks of one scheduling class and origin that wait: what they need is the same for all. */
export class ClassQueue implements Candidate {
  readonly schedulingClass: string;
  readonly origin: Origin;
  readonly demand: ResourceSet;
  readonly kind: WorkerKind;
  readonly environment: string;
  readonly placement: PlacementDemand;
  /** Whether its tasks may be tried again. */
  readonly retriable: boolean;
  readonly singles: Ring<QueuedTask> = new Ring();
  readonly leases: Set<GrantedLease> = new Set();
  /** Owners' templates whose tasks have waited for objects while they ran: their leases are not worth lending. */
  readonly #nesting: Map<PlaceId, Set<number>> = new Map();
  #batches: QueuedBatch[] = [];
  /** Relayed batches whose last task has been claimed, and whose claimants have yet to end. */
  #ending: QueuedBatch[] = [];
  /** How many tasks have ever come. */
  #come = 0;
  readonly #onClaimed: (tasks: number) => void;

  constructor(
    schedulingClass: string,
    options: {
      origin: Origin;
      demand: ResourceSet;
      kind: WorkerKind;
      environment: string;
      placement: PlacementDemand;
      retriable: boolean;
      onClaimed(tasks: number): void;
    },
  ) {
    this.#onClaimed = options.onClaimed;
    this.schedulingClass = schedulingClass;
    this.origin = options.origin;
    this.demand = options.demand;
    this.kind = options.kind;
    this.environment = options.environment;
    this.placement = options.placement;
    this.retriable = options.retriable;
  }

  /**
   * The queue for a template's class; `isolation` is the node's default. `onClaimed` hears of relayed batches from
   * which all has been claimed.
   */
  static of(
    { schedulingClass, options, name }: TaskTemplate,
    { isolation, origin, onClaimed }: { isolation: WorkerKind; origin: Origin; onClaimed(tasks: number): void },
  ): ClassQueue {
    const { resources, labelSelector, fallbackStrategy } = options;
    // What was to be spread has been.
    const schedulingStrategy = options.schedulingStrategy === "SPREAD" && origin !== "own" ? undefined : options.schedulingStrategy;
    return new ClassQueue(schedulingClass, {
      origin,
      onClaimed,
      demand: ResourceSet.from(resources),
      kind: (options.isolation ?? isolation) === "process" ? "process" : "thread",
      environment: environmentKey(options.runtimeEnv),
      retriable: options.maxRetries !== 0,
      placement: { kind: "task", name, resources, schedulingStrategy, labelSelector, fallbackStrategy },
    });
  }

  /** The node whose scheduler sent these tasks here. */
  get sender(): NodeNumber | undefined {
    return typeof this.origin === "number" ? this.origin : undefined;
  }

  add(task: QueuedTask): void {
    this.#come++;
    this.singles.push(task);
  }

  addBatch(batch: QueuedBatch): void {
    this.#come += batch.batch.waiting;
    this.#batches.push(batch);
  }

  /** How many tasks have gone from here: as long as it stays the same, none has begun. */
  get gone(): number {
    return this.#come - this.waiting;
  }

  /** The first batch with tasks to claim that the lease has not been shown. */
  batchFor(lease: GrantedLease): QueuedBatch | undefined {
    this.#dropExhausted();
    return this.#batches.find((queued) => !queued.shown.has(lease));
  }

  /** What kind of task is next, as a text: its template. */
  get nextKind(): string | undefined {
    this.#dropExhausted();
    const next = this.singles.peek() ?? this.#batches[0];
    return next && `${next.owner} ${next.template}`;
  }

  /** How many tasks wait. */
  get waiting(): number {
    this.#dropExhausted();
    let waiting = this.singles.size;
    for (const { batch } of this.#batches) waiting += batch.waiting;
    return waiting;
  }

  /** Takes out all that waits: it will not run from here. Of a batch that was sent here, its sender hears what has begun before. */
  *takeAll(): Generator<QueuedTask> {
    for (let task = this.singles.shift(); task !== undefined; task = this.singles.shift()) yield task;
    for (const queued of this.#batches.splice(0)) {
      const { owner, template, batch, relayed, shown } = queued;
      let begun = batch.count;
      for (let task = batch.claim(REFUSED); task !== undefined; task = batch.claim(REFUSED)) {
        begun--;
        const [sequence, form, data, flags = 0] = task;
        yield { owner, template, sequence, form, data, needs: [], flags };
      }
      if (!relayed) continue;
      if (shown.size > 0) this.#ending.push(queued);
      if (begun > 0) this.#onClaimed(begun);
    }
  }

  /** A lease has come to the end of what it was shown; it may have left it unfinished, and is shown it again then. */
  forget(lease: GrantedLease): void {
    for (const queued of this.#batches) queued.shown.delete(lease);
    if (this.#ending.length === 0) return;
    for (const queued of this.#ending) queued.shown.delete(lease);
    this.#ending = this.#ending.filter((queued) => queued.shown.size > 0);
  }

  /** Takes up to `count` tasks of one batch out, in the name of `claimant`. */
  takePart(claimant: number, count: number): BatchPart | undefined {
    this.#dropExhausted();
    for (const { owner, template, batch } of this.#batches) {
      const records: Uint8Array[] = [];
      for (let record = batch.claimBytes(claimant); record !== undefined; record = batch.claimBytes(claimant)) {
        if (records.push(record) === count) break;
      }
      if (records.length > 0) return { owner, template, records };
    }
    return undefined;
  }

  /** Takes one task out that nobody has begun. */
  drop(owner: PlaceId, sequence: number): Dropped {
    if (this.singles.remove((task) => task.owner === owner && task.sequence === sequence) !== undefined) return { dropped: true };
    for (const { owner: of, batch, relayed } of [...this.#batches, ...this.#ending]) {
      if (!relayed || of !== owner) continue;
      const index = batch.indexOf(sequence);
      if (index >= 0) return batch.cancel(index) ? { dropped: true } : { dropped: false, claimant: batch.claimant(index) };
    }
    return { dropped: false };
  }

  /** The tasks that the worker numbered `claimant` has claimed from relayed batches, some of which may have ended. */
  *claimedBy(claimant: number): Generator<Pick<QueuedTask, "owner" | "sequence" | "flags">> {
    for (const { owner, batch, relayed } of [...this.#batches, ...this.#ending]) {
      if (!relayed) continue;
      for (const [sequence, , , flags = 0] of batch.claimedBy(claimant)) yield { owner, sequence, flags };
    }
  }

  /** A task of this template has waited for objects. */
  nests(owner: PlaceId, template: number): void {
    const templates = this.#nesting.get(owner);
    if (templates === undefined) this.#nesting.set(owner, new Set([template]));
    else templates.add(template);
  }

  isNesting(owner: PlaceId, template: number): boolean {
    return this.#nesting.get(owner)?.has(template) ?? false;
  }

  /** Takes out what owners have that are gone. */
  dropOwners(isGone: (owner: PlaceId) => boolean): void {
    for (const owner of [...this.#nesting.keys()]) if (isGone(owner)) this.#nesting.delete(owner);
    this.#batches = this.#batches.filter(({ owner }) => !isGone(owner));
    this.#ending = this.#ending.filter(({ owner }) => !isGone(owner));
    while (this.singles.remove(({ owner }) => isGone(owner)) !== undefined);
  }

  #dropExhausted(): void {
    while (this.#batches[0]?.batch.exhausted === true) {
      const queued = this.#batches.shift() as QueuedBatch;
      if (!queued.relayed) continue;
      if (queued.shown.size > 0) this.#ending.push(queued);
      this.#onClaimed(queued.batch.count);
    }
  }
}
