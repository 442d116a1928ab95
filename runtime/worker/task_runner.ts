import type { Caller } from "../caller/mod.ts";
import { runInCall } from "../context/mod.ts";
import { attemptIn, ORPHAN_GRACE_MS, RunOutcome, SchedulerOp, TaskFlag } from "../contracts/mod.ts";
import { ActorNumber, type Clock, goneWith, type Kernel, type PlaceId, systemPlaceOf } from "../kernel/mod.ts";
import { isRetryable } from "../options/mod.ts";
import { TaskBatch, type TaskTemplate } from "../tasks/mod.ts";
import { decodeArguments } from "./argument_decoder.ts";
import { awaitArguments } from "./argument_wait.ts";
import { BegunTasks } from "./begun_tasks.ts";
import { CallQuota } from "./call_quota.ts";
import { FlushPace } from "./flush_pace.ts";
import { collectItems, isGeneratorObject, produceItems } from "./generator_run.ts";
import type { PlaceIdentity } from "./identity.ts";
import { promiseOf } from "./promise_of.ts";
import type { Replies, ReplyTo } from "./replies.ts";
import { RunningCall } from "./running_call.ts";
import type { Loaded, TemplateCache } from "./template_cache.ts";
import { showDevices } from "./visible_devices.ts";
import { keyOf, type TaskCall, WorkerLease } from "./worker_lease.ts";

/** How long this thread runs tasks before it looks at its messages again, in milliseconds. */
const TURN_MS = 4;

/**
 * Runs tasks, one at a time: the next begins when the one before has ended or waits for objects under a lease
 * of its own. Tasks come pushed, or are claimed from shared batches. When nothing is left under a lease the
 * scheduler hears of it; a task that comes under a lease that has been revoked goes back to the scheduler.
 */
export class TaskRunner {
  readonly #kernel: Kernel;
  readonly #caller: Caller;
  readonly #templates: TemplateCache;
  readonly #replies: Replies;
  readonly #clock: Clock;
  readonly #identity: PlaceIdentity;
  readonly #system: PlaceId;
  readonly #claimant: number;
  readonly #leases: Map<number, WorkerLease> = new Map();
  readonly #begun: BegunTasks = new BegunTasks();
  readonly #quota: CallQuota = new CallQuota();
  readonly #consumers: Map<string, (count: number) => void> = new Map();
  #busy = 0;
  #pumping = false;
  readonly #pace: FlushPace = new FlushPace();
  #nextRun = 1;
  #retiring = false;

  constructor(caller: Caller, templates: TemplateCache, replies: Replies, identity: PlaceIdentity) {
    this.#caller = caller;
    this.#kernel = caller.kernel;
    this.#clock = caller.clock;
    this.#templates = templates;
    this.#replies = replies;
    this.#identity = identity;
    this.#system = systemPlaceOf(caller.place);
    this.#claimant = caller.place - this.#system;
  }

  nextRun(): number {
    return this.#nextRun++;
  }

  /** A task pushed here. Lease 0 is none: the task runs at once, in its owner's thread. */
  push(
    leaseId: number,
    owner: PlaceId,
    template: number,
    sequence: number,
    rest: Pick<TaskCall, "form" | "data" | "flags">,
    by: { scheduler: boolean; last: boolean },
  ): void {
    // The scheduler opens a lease by its first message under it: what an owner pushes under no open one comes too late.
    const open = by.scheduler || this.#leases.has(leaseId);
    const lease = leaseId !== 0 && open ? this.#lease(leaseId) : new WorkerLease(leaseId);
    const task: TaskCall = { lease, owner, template, sequence, ...rest, cancelled: false };
    if (leaseId === 0) {
      this.#begin(task);
      return;
    }
    if (by.scheduler) lease.heard();
    if (!open || lease.closed || this.#retiring) {
      this.#bounce(task);
      return;
    }
    if (by.last) lease.relinquish();
    lease.queue.push(task);
    this.pump();
  }

  share(leaseId: number, owner: PlaceId, template: number, buffer: SharedArrayBuffer): void {
    const lease = this.#lease(leaseId);
    lease.heard();
    if (!lease.closed && !this.#retiring) lease.shared.push({ owner, template, batch: new TaskBatch(buffer) });
    this.pump();
  }

  /** The scheduler wants the lease back: what has not begun goes back now, the lease when what runs has ended. */
  revoke(leaseId: number): void {
    const lease = this.#lease(leaseId);
    lease.revoked = true;
    lease.shared.length = 0;
    this.#bounceQueue(lease);
    // An owner has given it something to do that the scheduler does not know of, and should not wait for.
    if (!lease.idle) this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.kept, lease.id]);
    this.#settleLease(lease);
  }

  /** The GPUs of what runs under a lease. */
  equip(leaseId: number, acceleratorIds: readonly string[]): void {
    this.#lease(leaseId).acceleratorIds = acceleratorIds;
    showDevices(acceleratorIds);
  }

  /** Tasks that have begun and not ended. */
  get begun(): Pick<BegunTasks, "has" | "current"> {
    return this.#begun;
  }

  /** Whether nothing runs here, or may without the scheduler's word. */
  get idle(): boolean {
    return this.#leases.size === 0;
  }

  cancel(owner: PlaceId, sequence: number, recursive: boolean, reason: unknown, force = false): boolean {
    const call = this.#begun.call({ owner, sequence });
    if (call !== undefined) {
      // Once only: what it submits to clean up is not stopped by the same word that comes another way.
      if (recursive && !call.cancelled) this.#caller.cancelChildren(call.run, { force });
      call.cancel(reason);
      return true;
    }
    const starting = this.#begun.starting({ owner, sequence });
    if (starting !== undefined) {
      starting.cancelled = true;
      return true;
    }
    for (const lease of this.#leases.values()) {
      if (lease.queue.remove((task) => task.owner === owner && task.sequence === sequence) !== undefined) {
        this.#settleLease(lease);
        return true;
      }
    }
    return false;
  }

  /**
   * A place is gone, or with a system worker's place its whole node: nobody waits any more for what was submitted there.
   * A task that goes on after the grace costs this worker its life.
   */
  ownerLost(lost: PlaceId): void {
    const isGone = goneWith(lost);
    const reason = new DOMException("the call was cancelled: the worker that submitted it is gone", "AbortError");
    for (const lease of this.#leases.values()) {
      while (lease.queue.remove((task) => isGone(task.owner)) !== undefined);
      lease.forget(isGone);
      this.#settleLease(lease);
    }
    // Of an inline call the worker is the owner itself.
    const orphans = [...this.#begun].filter(({ owner, lease }) => isGone(owner) && lease.id !== 0);
    if (orphans.length === 0) return;
    for (const { owner, sequence } of orphans) this.cancel(owner, sequence, true, reason, true);
    this.#clock.after(ORPHAN_GRACE_MS, () => {
      if (!orphans.some((task) => this.#begun.has(task))) return;
      this.retire();
      this.#kernel.send(this.#system, [ActorNumber.localScheduler, "orphaned", 0]);
    });
  }

  consumed(owner: PlaceId, sequence: number, count: number): boolean {
    const consumer = this.#consumers.get(keyOf({ owner, sequence }));
    consumer?.(count);
    return consumer !== undefined;
  }

  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const began = this.#clock.now();
    this.#pace.begin(began);
    for (let before = began; ; ) {
      if (this.#busy > 0) break;
      const task = this.#next();
      if (task === undefined) break;
      this.#begin(task);
      const now = this.#clock.now();
      const urgent = (task.flags & TaskFlag.shared) !== 0;
      if (this.#pace.isDue(now, { took: now - before, waiting: task.lease.waiting, urgent })) {
        // With the result: what waited for that can run here next.
        this.#settleLease(task.lease);
        this.#kernel.flush();
      }
      before = now;
      if (now - began > TURN_MS) {
        this.#clock.soon(() => this.pump());
        break;
      }
    }
    this.#pumping = false;
    for (const lease of this.#leases.values()) this.#settleLease(lease);
  }

  #next(): TaskCall | undefined {
    for (const lease of this.#leases.values()) {
      const task = lease.next(this.#claimant);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  #begin(task: TaskCall): void {
    const { lease } = task;
    if (lease.id !== 0) {
      if (!this.#begun.begins(task)) {
        this.#bounce(task);
        this.retire();
        return;
      }
      this.#busy++;
    }
    lease.active++;
    const loaded = this.#templates.task(task.owner, task.template);
    if (loaded instanceof Promise) {
      this.#begun.starts(task);
      loaded.then(
        (ready) => this.#decode(task, ready),
        (error) => this.#refuse(task, "?", error),
      );
    } else this.#decode(task, loaded);
  }

  #decode(task: TaskCall, loaded: Loaded<TaskTemplate>): void {
    let args: unknown[] | Promise<unknown[]>;
    try {
      args = decodeArguments(task.form, task.data, this.#caller);
    } catch (error) {
      this.#refuse(task, loaded.template.name, error, loaded.template);
      return;
    }
    if (args instanceof Promise) {
      const { lease } = task;
      this.#begun.starts(task);
      const options = { clock: this.#clock, onBlocked: (blocked: boolean) => this.#blocked(lease, blocked) };
      (lease.id === 0 ? args : awaitArguments(args, options)).then(
        (ready) => this.#run(task, loaded, ready),
        (error) => this.#refuse(task, loaded.template.name, error, loaded.template),
      );
    } else this.#run(task, loaded, args);
  }

  /** The task cannot run, for its function or an argument has failed. */
  #refuse(task: TaskCall, name: string, error: unknown, template?: TaskTemplate): void {
    this.#replies.passOn(this.#replyTo(task, name), error);
    this.#ended(task, undefined, template);
  }

  #run(task: TaskCall, loaded: Loaded<TaskTemplate>, args: unknown[]): void {
    const { template } = loaded;
    const { options } = template;
    if (task.cancelled) {
      this.#ended(task, undefined, template);
      return;
    }
    const call = new RunningCall({
      run: this.nextRun(),
      owner: task.owner,
      sequence: task.sequence,
      name: template.name,
      attempt: attemptIn(task.flags),
      resources: loaded.resources,
      acceleratorIds: task.lease.acceleratorIds,
      runtimeEnv: loaded.runtimeEnv,
      namespace: template.namespace,
      jobId: template.jobId,
      strategy: options.schedulingStrategy,
      onBlocked: task.lease.id === 0 ? undefined : (blocked) => this.#blocked(task.lease, blocked),
    });
    const streaming = options.numReturns === "streaming";
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    const started = this.#identity.events?.begin();
    try {
      result = runInCall(call, () => loaded.run(...args));
      if (!streaming && options.numReturns !== 1 && isGeneratorObject(result)) result = runInCall(call, () => collectItems(result));
      if (!streaming) promise = promiseOf(result);
    } catch (error) {
      this.#fail(task, template, call, error, started);
      return;
    }
    const to = this.#replyTo(task, template.name);
    if (streaming) {
      this.#begun.runs(task, call);
      const consumption = produceItems(result, {
        to,
        call,
        replies: this.#replies,
        backpressure: options.generatorBackpressure,
        isRetryable: (error) => isRetryable(error, options.retryExceptions),
      });
      this.#consumers.set(keyOf(task), consumption.consumed);
      void consumption.ended.then(() => {
        this.#consumers.delete(keyOf(task));
        this.#ended(task, call, template, started);
      });
      return;
    }
    if (promise !== undefined) {
      this.#begun.runs(task, call);
      promise.then(
        (value) => this.#succeed(task, template, call, to, value, started),
        (error) => this.#fail(task, template, call, error, started),
      );
      return;
    }
    this.#succeed(task, template, call, to, result, started);
  }

  #succeed(task: TaskCall, template: TaskTemplate, call: RunningCall, to: ReplyTo, value: unknown, started: number | undefined): void {
    if (!call.cancelled) this.#replies.returned(to, value, template.options.numReturns as number);
    this.#ended(task, call, template, started);
  }

  #fail(task: TaskCall, template: TaskTemplate, call: RunningCall, error: unknown, started: number | undefined): void {
    if (!call.cancelled) this.#replies.failure(this.#replyTo(task, template.name), error, isRetryable(error, template.options.retryExceptions));
    this.#ended(task, call, template, started, RunOutcome.failed);
  }

  #ended(task: TaskCall, call?: RunningCall, template?: TaskTemplate, started?: number, outcome: RunOutcome = RunOutcome.finished): void {
    const { lease } = task;
    this.#begun.ended(task);
    call?.end();
    lease.active--;
    if (started !== undefined && template !== undefined)
      this.#identity.events?.end(started, template, task, call?.cancelled ? RunOutcome.cancelled : outcome);
    if (lease.id === 0) return;
    this.#busy--;
    if (template !== undefined && this.#quota.spends(template) && !this.#retiring) {
      this.retire();
      this.#kernel.send(this.#system, [ActorNumber.localScheduler, "retire", 0]);
    }
    if (!this.#pumping) this.pump();
  }

  /** A task waits for objects, or goes on: its CPU is the scheduler's to give away meanwhile. */
  #blocked(lease: WorkerLease, blocked: boolean): void {
    if (blocked) {
      this.#busy--;
      if (++lease.blocked === 1) {
        this.#bounceQueue(lease);
        lease.idleTold = false;
        this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.blocked, lease.id]);
      }
      this.pump();
    } else {
      this.#busy++;
      if (lease.goesOn()) this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.unblocked, lease.id]);
    }
  }

  /** Tells the scheduler when nothing is left under a lease. */
  #settleLease(lease: WorkerLease): void {
    if (!lease.idle) return;
    if (lease.revoked) {
      if (lease.acceleratorIds !== undefined) showDevices(undefined);
      if (this.#leases.delete(lease.id)) this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.returned, lease.id]);
    } else if (!lease.idleTold) this.#kernel.send(this.#system, [ActorNumber.localScheduler, lease.tellIdle(), lease.id]);
  }

  #bounceQueue(lease: WorkerLease): void {
    for (let task = lease.queue.shift(); task !== undefined; task = lease.queue.shift()) this.#bounce(task);
  }

  /** Gives a task back to the scheduler, which lets its owner know. */
  #bounce({ owner, template, sequence, form, data, flags }: TaskCall): void {
    this.#kernel.send(this.#system, [ActorNumber.localScheduler, SchedulerOp.submit, owner, template, sequence, form, data, [], flags, true]);
  }

  /** Begins nothing more, and gives back what has not begun. */
  retire(): void {
    this.#retiring = true;
    for (const lease of this.#leases.values()) {
      lease.shared.length = 0;
      this.#bounceQueue(lease);
    }
  }

  #lease(id: number): WorkerLease {
    let lease = this.#leases.get(id);
    if (lease === undefined) {
      lease = new WorkerLease(id);
      lease.idleTold = true;
      this.#leases.set(id, lease);
    }
    return lease;
  }

  #replyTo(task: TaskCall, name: string): ReplyTo {
    return { owner: task.owner, sequence: task.sequence, flags: task.flags, name, nodeId: this.#identity.nodeId };
  }
}
