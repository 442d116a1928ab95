import { currentCall } from "../context/mod.ts";
import { type Attempt, ExecutorOp, type SchedulerContract } from "../contracts/mod.ts";
import { type CancelReason, type Death, OutOfMemoryError, TaskCancelledError, WorkerCrashedError } from "../errors/mod.ts";
import {
  ActorNumber,
  type Clock,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type ObjectId,
  type PlaceId,
  placeId,
  SYSTEM_SLOT,
  systemPlaceOf,
  type Told,
  taskId,
  toldContract,
} from "../kernel/mod.ts";
import type { Arguments, TaskTemplate } from "../tasks/mod.ts";
import { decodeValue, type Payload } from "../values/mod.ts";
import type { Rerun } from "./derivation.ts";
import type { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";
import { Lately } from "./lately.ts";
import type { Lease } from "./leases.ts";
import type { Lineage } from "./lineage.ts";
import type { ObjectClient } from "./object_client.ts";
import type { Outcomes } from "./outcomes.ts";
import { AT_SCHEDULER, IN_BACKLOG, isAtNode, type PendingTask } from "./pending_task.ts";
import type { Reconstruction } from "./reconstruction.ts";
import { TaskSubmitter } from "./task_submitter.ts";

export interface TaskOwnerOptions {
  kernel: Kernel;
  clock: Clock;
  objects: ObjectClient;
  outcomes: Outcomes;
  runInline(task: PendingTask): void;
  batches(template: TaskTemplate): boolean;
  lineage: Lineage;
  reconstruction: Reconstruction;
}

/** How a task or call is stopped. */
export interface Stop {
  readonly force: boolean;
  readonly recursive: boolean;
  readonly reason: CancelReason;
}

/** What a worker sent last may still wait on its own link when its death is told on another. */
const LAST_WORDS_MS = 10;

/** What the scheduler said of a task before it was told that the task is to stop has come after this time. */
const LATE_LEASE_MS = 1_000;

/** The tasks that a place has submitted: each is kept until it has ended, so that it can be tried again. */
export class TaskOwner {
  readonly submitter: TaskSubmitter;
  readonly #options: TaskOwnerOptions;
  readonly #place: PlaceId;
  readonly #scheduler: Told<SchedulerContract>;
  readonly #tasks: Map<number, PendingTask> = new Map();
  /** Tasks that were stopped of late, and may run on. */
  readonly #forsaken: Lately;
  /** What is left to do about workers that are gone, when they have had their last words. */
  readonly #dying: Map<PlaceId, () => void> = new Map();

  constructor(options: TaskOwnerOptions) {
    this.#options = options;
    this.#place = options.kernel.place;
    this.submitter = new TaskSubmitter(options.kernel, options);
    this.#forsaken = new Lately(options.clock, LATE_LEASE_MS);
    this.#scheduler = toldContract<SchedulerContract>(options.kernel, systemPlaceOf(this.#place), ActorNumber.localScheduler);
  }

  submit(template: TaskTemplate, args: Arguments, refs: { sequence: number; entries: readonly Entry[]; stream: ItemStream | undefined }): void {
    const { sequence, entries, stream } = refs;
    const { options } = template;
    const task: PendingTask = {
      sequence,
      template,
      arguments: args,
      entries: stream === undefined ? entries : [],
      stream,
      parent: currentCall()?.run,
      whereabouts: IN_BACKLOG,
      retriesLeft: options.maxRetries,
      attempt: 0,
      cancelled: false,
      stopTimer: undefined,
      derivation: undefined,
      large: undefined,
      remade: undefined,
      lost: undefined,
    };
    for (const entry of entries) entry.task = task;
    if (stream !== undefined) stream.onConsumed = (taken) => this.#consumed(task, taken);
    this.#tasks.set(sequence, task);
    if (options.timeoutMs !== undefined) {
      task.stopTimer = this.#options.clock.after(options.timeoutMs, () => this.stop(task, { force: true, recursive: true, reason: "timeout" }));
    }
    this.submitter.submit(task);
  }

  get(sequence: number): PendingTask | undefined {
    return this.#tasks.get(sequence);
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** Lets the worker go on that makes a generator's items again: all of them count as taken. */
  consume({ sequence }: PendingTask, producer: PlaceId): void {
    this.#options.kernel.send(producer, [ActorNumber.executor, ExecutorOp.consumed, this.#place, sequence, Number.MAX_SAFE_INTEGER]);
  }

  /** The task has ended; these of its results are large: how they were made is kept. */
  end(task: PendingTask, large?: readonly ObjectId[]): void {
    const { derivation, template } = task;
    const { lineage } = this.#options;
    this.#tasks.delete(task.sequence);
    this.submitter.released(task);
    task.stopTimer?.();
    if (large !== undefined && derivation === undefined) {
      const { name, options } = template;
      lineage.keep(task, { name, option: "maxRetries", limit: options.maxRetries, submit: (rerun) => this.#rerun(template, rerun) }, large);
      return;
    }
    for (const pin of task.arguments.pins) pin.letGo();
    if (derivation !== undefined) lineage.ranAgain(derivation, task);
  }

  failed(task: PendingTask, fault: Payload, retryable: boolean): void {
    if (retryable && task.retriesLeft !== 0 && !task.cancelled) {
      this.#again(task);
      return;
    }
    this.#fail(task, fault);
  }

  stop(task: PendingTask, how: Stop): void {
    if (!this.#tasks.has(task.sequence)) return;
    task.cancelled = true;
    if (!this.submitter.withdraw(task)) {
      this.#tellWorker(task, how);
      this.#forsake(task);
    }
    const { name, options } = task.template;
    const error = new TaskCancelledError({
      reason: how.reason,
      functionName: name,
      taskId: taskId(this.#place, task.sequence),
      ...(how.reason === "timeout" && options.timeoutMs !== undefined ? { timeoutMs: options.timeoutMs } : {}),
    });
    this.#fail(task, this.#options.objects.packFault(error));
  }

  stopChildren(parent: number, force: boolean): void {
    for (const task of [...this.#tasks.values()]) {
      if (task.parent === parent) this.stop(task, { force, recursive: true, reason: "parent" });
    }
  }

  /** A worker is gone: what it had of this place's tasks is tried again, or fails with the death. */
  workerLost(worker: PlaceId, encoded: Uint8Array, attempts: readonly Attempt[]): void {
    this.submitter.leases.endAllOf(worker);
    const death = decodeValue(encoded) as Death;
    const sent = new Map(attempts);
    const settle = (): void => {
      if (!this.#dying.delete(worker)) return;
      this.#options.kernel.disconnect(worker);
      for (const task of [...this.#tasks.values()]) {
        if (sent.get(task.sequence) !== task.attempt && this.submitter.workerOf(task) !== worker) continue;
        // A worker that its node retires has ended all that it began: what came too late there has not run.
        if (death.cause === "terminated") this.#resubmit(task);
        else if (task.retriesLeft !== 0) this.#again(task);
        else this.#lost(task, death);
      }
    };
    this.#dying.set(worker, settle);
    this.#options.clock.after(LAST_WORDS_MS, settle);
  }

  /** A lease is this place's, and this was sent to its worker. When it has ended by now, nothing runs there. */
  lent(lease: Lease, [sequence, attempt]: Attempt): void {
    if (this.#forsaken.has(sequence)) return;
    const held = this.submitter.leases.add(lease);
    const task = this.#tasks.get(sequence);
    if (task?.attempt === attempt) this.submitter.sentUnder(held, task);
  }

  /**
   * These tasks went to the scheduler of a node, or came back from it to this node's own, or from a worker to its own. Only
   * this node's own scheduler says so: what it said last is how it is.
   */
  moved(node: NodeNumber, attempts: readonly Attempt[]): void {
    const own = nodeOf(this.#place);
    for (const [sequence, attempt] of attempts) {
      const task = this.#tasks.get(sequence);
      if (task?.attempt !== attempt) continue;
      this.submitter.released(task);
      task.whereabouts = node === own ? AT_SCHEDULER : { at: "node", node };
    }
  }

  /** Another node is gone, with what it had of this place's tasks. */
  nodeLost(node: NodeNumber, encoded: Uint8Array): void {
    this.submitter.leases.endAllAt(node);
    // Their own deaths say more than their node's, and nothing comes from there any more.
    for (const [worker, settle] of [...this.#dying]) if (nodeOf(worker) === node) settle();
    const death = decodeValue(encoded) as Death;
    for (const task of [...this.#tasks.values()]) {
      if (!isAtNode(task, node)) continue;
      if (task.retriesLeft !== 0) this.#again(task);
      else this.#lost(task, death);
    }
  }

  /** A placement group is gone: what was to run in it, or runs in it, has failed. */
  groupRemoved(groupId: string, fault: Payload): void {
    for (const task of [...this.#tasks.values()]) {
      const { schedulingStrategy: strategy } = task.template.options;
      if (typeof strategy !== "object" || !("placementGroupId" in strategy) || strategy.placementGroupId !== groupId) continue;
      task.cancelled = true;
      this.submitter.withdraw(task);
      this.failed(task, fault, false);
    }
  }

  /** All that is pending fails. */
  close(fault: Payload): void {
    for (const task of [...this.#tasks.values()]) this.failed(task, fault, false);
  }

  #lost(task: PendingTask, death: Death): void {
    const { name } = task.template;
    const fields = { functionName: name, taskId: taskId(this.#place, task.sequence), death };
    const error = fields.death.cause === "out-of-memory" ? new OutOfMemoryError(fields) : new WorkerCrashedError(fields);
    this.#fail(task, this.#options.objects.packFault(error));
  }

  #fail(task: PendingTask, fault: Payload): void {
    const { outcomes, reconstruction } = this.#options;
    const lost = reconstruction.unheardOf(task);
    this.end(task);
    outcomes.fail(task, fault, task.template.name);
    if (lost.length > 0) reconstruction.lost(lost);
  }

  #rerun(template: TaskTemplate, rerun: Rerun): PendingTask {
    const task: PendingTask = {
      ...rerun,
      template,
      stream: undefined,
      parent: undefined,
      whereabouts: IN_BACKLOG,
      cancelled: false,
      stopTimer: undefined,
      large: undefined,
      remade: undefined,
      lost: undefined,
    };
    this.#tasks.set(task.sequence, task);
    this.submitter.submit(task);
    return task;
  }

  #again(task: PendingTask): void {
    if (task.retriesLeft > 0) task.retriesLeft--;
    task.attempt++;
    this.#resubmit(task);
  }

  #resubmit(task: PendingTask): void {
    const lost = this.#options.reconstruction.unheardOf(task);
    if (lost.length > 0) task.lost = new Set(lost);
    this.submitter.released(task);
    this.submitter.submit(task);
  }

  /** Nobody waits for the task any more, and it may run on: what its worker is given next would wait for that. */
  #forsake({ sequence, whereabouts }: PendingTask): void {
    if (whereabouts.at === "lease") this.submitter.leases.end(whereabouts.lease);
    this.#forsaken.add(sequence);
  }

  #tellWorker(task: PendingTask, how: Stop): void {
    const { kernel } = this.#options;
    if (task.whereabouts.at === "inline") {
      kernel.send(this.#place, [ActorNumber.executor, ExecutorOp.cancel, this.#place, task.sequence, how.recursive, how.reason]);
      return;
    }
    // Straight after the task itself where that went straight to a worker: by way of the scheduler it might come before.
    const { whereabouts } = task;
    if (whereabouts.at === "lease") {
      kernel.send(whereabouts.lease.worker, [ActorNumber.executor, ExecutorOp.cancel, this.#place, task.sequence, how.recursive, how.reason]);
    }
    this.#scheduler.cancel(task.sequence, {
      force: how.force,
      recursive: how.recursive,
      attempt: task.attempt,
      worker:
        whereabouts.at === "node" ? placeId(whereabouts.node, SYSTEM_SLOT) : (this.submitter.workerOf(task) ?? this.submitter.schedulerOf(task)),
    });
  }

  /** Lets a generator's producer go on that waits for its reader. */
  #consumed(task: PendingTask, taken: number): void {
    if (task.template.options.generatorBackpressure <= 0) return;
    const worker = task.stream?.producer ?? this.submitter.workerOf(task);
    if (worker !== undefined) this.#options.kernel.send(worker, [ActorNumber.executor, ExecutorOp.consumed, this.#place, task.sequence, taken]);
  }
}
