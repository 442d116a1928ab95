import { ATTEMPT_SHIFT, type Attempt, ExecutorOp, SchedulerOp, TaskFlag } from "../contracts/mod.ts";
import { ActorNumber, type Kernel, nodeOf, type PlaceId, placeId, SYSTEM_SLOT, systemPlaceOf } from "../kernel/mod.ts";
import { nodeOfClaimant, TaskBatch, type TaskRecord, type TaskTemplate } from "../tasks/mod.ts";
import { type HeldLease, Leases } from "./leases.ts";
import { AT_SCHEDULER, IN_BACKLOG, type PendingTask, workerOf } from "./pending_task.ts";

/** From this many calls of one template in one turn on, they go as a batch in shared memory. */
const BATCH_FROM = 4;
/** At most this many calls a batch, so that its memory goes soon after its last task. */
const BATCH_AT_MOST = 2_048;

/**
 * Brings tasks to workers, at the end of the turn in which they were submitted. An idle worker under lease gets a
 * task pushed straight to it. What is left goes to the local scheduler: many calls of one template as a batch in
 * shared memory, few as single messages; with it go the leases under which nothing runs, for the scheduler to use. So a
 * turn that submits a thousand tasks hands all of them over before this thread does anything else; and by then it is
 * known which results others of them need, so that those reach them without coming by here.
 */
export class TaskSubmitter {
  readonly leases: Leases;
  readonly #kernel: Kernel;
  readonly #system: PlaceId;
  readonly #runInline: (task: PendingTask) => void;
  readonly #batches: (template: TaskTemplate) => boolean;
  #backlog: PendingTask[] = [];

  constructor(kernel: Kernel, options: { runInline(task: PendingTask): void; batches(template: TaskTemplate): boolean }) {
    this.#kernel = kernel;
    this.leases = new Leases(({ id, worker }) => kernel.send(systemPlaceOf(worker), [ActorNumber.localScheduler, SchedulerOp.acknowledged, id]));
    this.#system = systemPlaceOf(kernel.place);
    this.#runInline = options.runInline;
    this.#batches = options.batches;
  }

  submit(task: PendingTask): void {
    const { template } = task;
    if (template.options.isolation === "inline") {
      task.whereabouts = { at: "inline" };
      this.#runInline(task);
      return;
    }
    task.whereabouts = IN_BACKLOG;
    if (this.#backlog.push(task) === 1) queueMicrotask(() => this.#handOver());
  }

  /** The task has ended or goes elsewhere: its lease is free again. */
  released(task: PendingTask): void {
    if (task.whereabouts.at === "lease") this.leases.released(task.whereabouts.lease);
  }

  /** The task was sent to the worker of this lease. */
  sentUnder(lease: HeldLease, task: PendingTask): void {
    if (task.whereabouts.at === "lease" && task.whereabouts.lease === lease) return;
    lease.inFlight++;
    task.whereabouts = { at: "lease", lease };
  }

  /** Takes a task back that no worker has begun. False when one may have. */
  withdraw(task: PendingTask): boolean {
    const { whereabouts } = task;
    if (whereabouts.at === "backlog") return true;
    if (whereabouts.at === "batch") return whereabouts.batch.cancel(whereabouts.index);
    return false;
  }

  /** The worker that has the task, as far as its owner can tell. */
  workerOf(task: PendingTask): PlaceId | undefined {
    return workerOf(task, (slot) => placeId(nodeOf(this.#kernel.place), slot));
  }

  /** The other node's system worker that has claimed the task from its batch, and passes on what is said to whoever runs it. */
  schedulerOf({ whereabouts }: PendingTask): PlaceId | undefined {
    const node = whereabouts.at === "batch" ? nodeOfClaimant(whereabouts.batch.claimant(whereabouts.index)) : undefined;
    return node === undefined ? undefined : placeId(node, SYSTEM_SLOT);
  }

  /** Gives the task to the worker of a lease; with `last` it is the scheduler's again when the task has ended. */
  #push(task: PendingTask, lease: HeldLease, last: boolean): void {
    const { template, arguments: args } = task;
    this.#kernel.send(lease.worker, [
      ActorNumber.executor,
      ExecutorOp.run,
      lease.id,
      template.owner,
      template.number,
      task.sequence,
      args.form,
      args.data,
      flagsOf(task),
      last,
    ]);
    if (last) this.#relinquish(lease, [task.sequence, task.attempt]);
  }

  #toScheduler(task: PendingTask): void {
    task.whereabouts = AT_SCHEDULER;
    const { template, arguments: args } = task;
    this.#kernel.send(this.#system, [
      ActorNumber.localScheduler,
      SchedulerOp.submit,
      template.owner,
      template.number,
      task.sequence,
      args.form,
      args.data,
      args.needs,
      flagsOf(task),
    ]);
  }

  /** Hands the turn's backlog to the local scheduler. */
  #handOver(): void {
    const backlog = this.#backlog;
    this.#backlog = [];
    if (backlog.length < BATCH_FROM) this.#handOverFew(backlog);
    else this.#handOverMany(backlog);
    // Now, and not at the end of the next microtask: what awaits anything once may block the thread after it.
    this.#kernel.flush();
  }

  #handOverMany(tasks: readonly PendingTask[]): void {
    const few: PendingTask[] = [];
    const ready: Map<TaskTemplate, PendingTask[]> = new Map();
    for (const task of tasks) {
      if (task.arguments.needs.length > 0 || !this.#batches(task.template)) few.push(task);
      else if (!task.cancelled) {
        const like = ready.get(task.template);
        if (like === undefined) ready.set(task.template, [task]);
        else like.push(task);
      }
    }
    for (const [template, like] of ready) {
      if (like.length < BATCH_FROM) few.push(...like);
      else {
        this.#relinquishIdle(template.schedulingClass);
        for (let from = 0; from < like.length; from += BATCH_AT_MOST) this.#sendBatch(template, like.slice(from, from + BATCH_AT_MOST));
      }
    }
    this.#handOverFew(few);
  }

  #handOverFew(tasks: readonly PendingTask[]): void {
    const pushed: [PendingTask, HeldLease][] = [];
    const left: PendingTask[] = [];
    for (const task of tasks) {
      if (task.cancelled) continue;
      const lease = task.arguments.needs.length > 0 ? undefined : this.leases.idle(task.template.schedulingClass);
      if (lease === undefined) left.push(task);
      else {
        this.sentUnder(lease, task);
        pushed.push([task, lease]);
      }
    }
    // What is left would wait until the scheduler has called leases back: it gets as many as it has tasks.
    const wanted = countBy(left, ({ template }) => template.schedulingClass);
    for (const [task, lease] of pushed) {
      const more = wanted.get(lease.schedulingClass) ?? 0;
      this.#push(task, lease, more > 0);
      wanted.set(lease.schedulingClass, more - 1);
    }
    for (const [schedulingClass, more] of wanted) if (more > 0) this.#relinquishIdle(schedulingClass);
    for (const task of left) this.#toScheduler(task);
  }

  #relinquishIdle(schedulingClass: string): void {
    for (let lease = this.leases.idle(schedulingClass); lease !== undefined; lease = this.leases.idle(schedulingClass)) this.#relinquish(lease);
  }

  /** Gives a lease back, unasked: what the scheduler has may run there next, or after `running`. */
  #relinquish(lease: HeldLease, running?: Attempt): void {
    this.leases.end(lease);
    this.#kernel.send(systemPlaceOf(lease.worker), [ActorNumber.localScheduler, SchedulerOp.relinquished, lease.id, running]);
  }

  #sendBatch(template: TaskTemplate, tasks: PendingTask[]): void {
    const records: TaskRecord[] = new Array(tasks.length);
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[i] as PendingTask;
      const { form, data } = task.arguments;
      const flags = flagsOf(task);
      records[i] = (flags === 0 ? [task.sequence, form, data] : [task.sequence, form, data, flags]) as TaskRecord;
    }
    const batch = TaskBatch.write(records);
    for (let index = 0; index < tasks.length; index++) (tasks[index] as PendingTask).whereabouts = { at: "batch", batch, index };
    const attachment = this.#kernel.attach(this.#system, batch.buffer);
    this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.batch, template.owner, template.number, attachment]);
  }
}

function flagsOf(task: PendingTask): number {
  let flags = task.attempt > 0 ? TaskFlag.retry | (task.attempt << ATTEMPT_SHIFT) : 0;
  for (const entry of task.entries) if (entry.shared) flags |= TaskFlag.shared;
  return flags;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
