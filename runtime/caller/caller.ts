import { currentCall } from "../context/mod.ts";
import { type ActorStateWire, CallerOp, type SchedulerContract } from "../contracts/mod.ts";
import { type Death, PendingCallsLimitExceededError, TaskCancelledError, WorkerCrashedError } from "../errors/mod.ts";
import {
  type Actor,
  ActorNumber,
  type Clock,
  type Delivery,
  type Envelope,
  type Kernel,
  type ObjectId,
  objectId,
  type PlaceId,
  systemPlaceOf,
  taskId,
  type Told,
  toldContract,
} from "../kernel/mod.ts";
import type { Arguments, TaskTemplate } from "../tasks/mod.ts";
import { decodeValue, type Payload, payloadFromWire, PayloadKind, payloadToWire, type PayloadWire } from "../values/mod.ts";
import { ActorClient } from "./actor_client.ts";
import type { ActorCall, ActorMeta, ActorRecord, MethodMeta } from "./actor_record.ts";
import { encodeArguments } from "./argument_encoder.ts";
import { Entry } from "./entry.ts";
import { ItemStream } from "./item_stream.ts";
import { type BufferSource, ObjectClient } from "./object_client.ts";
import { IN_BACKLOG, type PendingTask } from "./pending_task.ts";
import { TaskSubmitter } from "./task_submitter.ts";

export interface CallerOptions {
  kernel: Kernel;
  clock: Clock;
  buffers: BufferSource;
  publish(template: TaskTemplate): void;
  runInline(task: PendingTask): void;
  /** Writes a line that a worker sent to the driver's terminal. */
  print(stream: "stdout" | "stderr", text: string): void;
  /** Hears of failures that nobody looked at. */
  onUnobserved?(error: Payload, name: string): void;
}

/** What one submitted call gives its caller. Of a generator the one entry is that of its end. */
export interface Submitted {
  readonly entries: readonly Entry[];
  readonly stream: ItemStream | undefined;
}

/** How an actor method is called; what the handle's `.options()` and the class's `static methods` say. */
export interface CallOptions extends MethodMeta {
  timeoutMs?: number;
  name?: string;
}

/**
 * The caller's side of a place: it owns the refs that are made here, submits tasks and actor calls, and takes
 * in their results.
 */
export class Caller implements Actor {
  readonly objects: ObjectClient;
  readonly actors: ActorClient;
  readonly submitter: TaskSubmitter;
  readonly place: PlaceId;
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly #options: CallerOptions;
  readonly #scheduler: Told<SchedulerContract>;
  readonly #tasks: Map<number, PendingTask> = new Map();
  readonly #calls: Map<number, ActorCall> = new Map();
  #sequence = 1;
  #closed: unknown;

  constructor(options: CallerOptions) {
    const { kernel } = options;
    this.#options = options;
    this.kernel = kernel;
    this.place = kernel.place;
    this.clock = options.clock;
    this.objects = new ObjectClient(kernel, systemPlaceOf(kernel.place), options.buffers);
    this.actors = new ActorClient(kernel, this.objects, this);
    this.submitter = new TaskSubmitter(kernel, options);
    this.#scheduler = toldContract<SchedulerContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.localScheduler);
    kernel.register(ActorNumber.caller, this);
  }

  /** A new number for an object, a task or an actor of this place; `count` in a row. */
  nextSequence(count = 1): number {
    const sequence = this.#sequence;
    this.#sequence += count;
    return sequence;
  }

  /** Puts a value into this place's keeping. */
  putEntry(value: unknown): Entry {
    const sequence = this.nextSequence();
    const entry = new Entry(this.place, sequence);
    const { payload, pins } = this.objects.pack(value, () => objectId(this.place, sequence), this.place);
    entry.payload = payload;
    entry.pins = pins;
    entry.observed = true;
    if (payload.kind === PayloadKind.sealed) this.objects.trackSealed(entry);
    return entry;
  }

  submitTask(template: TaskTemplate, args: readonly unknown[]): Submitted {
    const { options } = template;
    const streaming = options.numReturns === "streaming";
    const count = streaming ? 1 : Math.max(1, options.numReturns as number);
    const encoded = encodeArguments(args, this);
    const sequence = this.nextSequence(count);
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) entries.push(new Entry(this.place, sequence + i));
    if ("kind" in encoded) return this.#failedAtOnce(encoded, entries, streaming);
    const task: PendingTask = {
      sequence,
      template,
      arguments: encoded as Arguments,
      entries: streaming ? [] : entries,
      stream: streaming ? new ItemStream(entries[0] as Entry) : undefined,
      parent: currentCall()?.run,
      whereabouts: IN_BACKLOG,
      retriesLeft: options.maxRetries,
      attempt: 0,
      cancelled: false,
      stopTimer: undefined,
    };
    for (const entry of entries) entry.task = task;
    this.#tasks.set(sequence, task);
    if (options.timeoutMs !== undefined) {
      task.stopTimer = this.clock.after(options.timeoutMs, () => this.#stopTask(task, { force: true, recursive: true, reason: "timeout" }));
    }
    this.submitter.submit(task);
    return { entries, stream: task.stream };
  }

  submitCall(record: ActorRecord, method: string, args: readonly unknown[], options: CallOptions = {}): Submitted {
    const { meta } = record;
    const own = meta.methods[method];
    const numReturns = options.numReturns ?? own?.numReturns ?? 1;
    const streaming = numReturns === "streaming";
    if (meta.maxPendingCalls >= 0 && record.calls.size >= meta.maxPendingCalls) {
      throw new PendingCallsLimitExceededError({ maxPendingCalls: meta.maxPendingCalls, actorId: record.id, className: meta.className, methodName: method });
    }
    const encoded = encodeArguments(args, this);
    const count = streaming ? 1 : Math.max(1, numReturns);
    const sequence = this.nextSequence(count);
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) entries.push(new Entry(this.place, sequence + i));
    if ("kind" in encoded) return this.#failedAtOnce(encoded, entries, streaming);
    const stream = streaming ? new ItemStream(entries[0] as Entry) : undefined;
    const call: ActorCall = {
      sequence,
      method,
      arguments: encoded as Arguments,
      entries: streaming ? [] : entries,
      stream,
      numReturns: streaming ? -1 : numReturns,
      concurrencyGroup: options.concurrencyGroup ?? own?.concurrencyGroup,
      backpressure: options.generatorBackpressure ?? own?.generatorBackpressure ?? 0,
      parent: currentCall()?.run,
      record,
      retryExceptions: options.retryExceptions ?? own?.retryExceptions ?? meta.retryExceptions,
      retriesLeft: options.maxTaskRetries ?? own?.maxTaskRetries ?? meta.maxTaskRetries,
      attempt: 0,
      incarnation: -1,
      stopTimer: undefined,
    };
    this.#calls.set(sequence, call);
    if (stream !== undefined) stream.onConsumed = (taken) => this.actors.consumed(call, this.place, taken);
    if (options.timeoutMs !== undefined) {
      call.stopTimer = this.clock.after(options.timeoutMs, () => this.#stopCall(call, { recursive: true, reason: "timeout" }));
    }
    this.actors.submit(call);
    return { entries, stream };
  }

  /** Cancels what makes the value of `entry`, if this place submitted it. True when there was something to cancel. */
  cancel(entry: Entry, options: { force: boolean; recursive: boolean }): boolean {
    for (let sequence = entry.sequence; sequence > 0 && sequence > entry.sequence - 1_000; sequence--) {
      const task = this.#tasks.get(sequence);
      if (task !== undefined && (task.entries.includes(entry) || task.stream?.completion === entry)) {
        this.#stopTask(task, { ...options, reason: "cancelled" });
        return true;
      }
      const call = this.#calls.get(sequence);
      if (call !== undefined && (call.entries.includes(entry) || call.stream?.completion === entry)) {
        if (options.force) throw new RangeError("cancel: force is not for actor calls, it would end the actor; use kill(handle), or cancel without force");
        this.#stopCall(call, { ...options, reason: "cancelled" });
        return true;
      }
    }
    return false;
  }

  /** Cancels what the ended or cancelled task `parent` of this place's submitted. */
  cancelChildren(parent: number): void {
    for (const task of [...this.#tasks.values()]) {
      if (task.parent === parent) this.#stopTask(task, { force: false, recursive: true, reason: "parent" });
    }
    for (const call of [...this.#calls.values()]) {
      if (call.parent === parent) this.#stopCall(call, { recursive: true, reason: "parent" });
    }
  }

  receive(envelope: Envelope, delivery: Delivery): void {
    const op = envelope[1];
    switch (op) {
      case CallerOp.result:
        this.#result(envelope[2] as number, envelope as unknown as [number, number, number, ...PayloadWire]);
        return;
      case CallerOp.results:
        this.#results(envelope[2] as number, envelope[3] as PayloadWire[]);
        return;
      case CallerOp.failed:
        this.#failed(envelope[2] as number, payloadFromWire(envelope[3] as PayloadWire), envelope[4] as boolean);
        return;
      case CallerOp.item:
        this.#item(envelope[2] as number, envelope[3] as number, envelope[4] as PayloadWire);
        return;
      case CallerOp.itemsEnd:
        this.#itemsEnd(envelope[2] as number, envelope[3] as number);
        return;
      case CallerOp.object: {
        const payload = payloadFromWire(envelope[3] as PayloadWire);
        const sealed = payload.kind === PayloadKind.sealed;
        const buffer = sealed ? (delivery.attachments[payload.data as number] as SharedArrayBuffer) : undefined;
        this.objects.arrived(envelope[2] as ObjectId, sealed ? { ...payload, data: undefined } : payload, buffer);
        return;
      }
      case CallerOp.lease:
        this.submitter.leases.add({ schedulingClass: envelope[2] as string, id: envelope[3] as number, worker: envelope[4] as PlaceId, inFlight: 0 });
        return;
      case CallerOp.leaseEnded:
        this.submitter.leases.end(envelope[2] as number);
        return;
      case CallerOp.workerLost:
        this.#workerLost(envelope[2] as PlaceId, envelope[3] as Uint8Array, envelope[4] as number[]);
        return;
      case CallerOp.actorState:
        this.actors.stateChanged(envelope[2] as string, envelope[3] as ActorStateWire);
        return;
      case CallerOp.refused:
        this.#failed(envelope[2] as number, payloadFromWire(envelope[3] as PayloadWire), false);
        return;
      case CallerOp.collect:
        this.#options.buffers.collect();
        return;
      case CallerOp.reclaimed:
        this.#options.buffers.sweep();
        return;
      case CallerOp.print:
        this.#options.print(envelope[2] as "stdout" | "stderr", envelope[3] as string);
        return;
    }
  }

  failCall(call: ActorCall, error: unknown): void {
    this.#endCall(call);
    this.#failOutcome(call, this.objects.packFault(error), call.method);
  }

  /** Fails all that is pending; nothing can be submitted afterwards. */
  close(error: unknown): void {
    this.#closed = error;
    const fault = this.objects.packFault(error);
    for (const task of [...this.#tasks.values()]) {
      this.#endTask(task);
      this.#failOutcome(task, fault, task.template.name);
    }
    for (const call of [...this.#calls.values()]) {
      this.#endCall(call);
      this.#failOutcome(call, fault, call.method);
    }
  }

  get closed(): unknown {
    return this.#closed;
  }

  get pendingCount(): number {
    return this.#tasks.size + this.#calls.size;
  }

  #result(sequence: number, envelope: [number, number, number, ...PayloadWire]): void {
    const ended = this.#end(sequence);
    if (ended === undefined) return;
    const entry = ended.entries[0];
    if (entry === undefined) return;
    const children = envelope[6];
    this.#settle(entry, { kind: envelope[3], data: envelope[4], size: envelope[5], children: children ?? NO_CHILDREN });
  }

  #results(sequence: number, wires: PayloadWire[]): void {
    const ended = this.#end(sequence);
    if (ended === undefined) return;
    for (let i = 0; i < ended.entries.length; i++) this.#settle(ended.entries[i] as Entry, payloadFromWire(wires[i] as PayloadWire));
  }

  #failed(sequence: number, fault: Payload, retryable: boolean): void {
    const task = this.#tasks.get(sequence);
    if (task !== undefined) {
      if (retryable && task.retriesLeft !== 0 && !task.cancelled) {
        this.#resubmit(task);
        return;
      }
      this.#endTask(task);
      this.#failOutcome(task, fault, task.template.name);
      return;
    }
    const call = this.#calls.get(sequence);
    if (call === undefined) return;
    if (retryable && call.retriesLeft !== 0) {
      if (call.retriesLeft > 0) call.retriesLeft--;
      this.actors.resend(call);
      return;
    }
    this.#endCall(call);
    this.#failOutcome(call, fault, call.method);
  }

  #item(sequence: number, index: number, wire: PayloadWire): void {
    const stream = (this.#tasks.get(sequence) ?? this.#calls.get(sequence))?.stream;
    if (stream === undefined || stream.has(index)) return;
    const entry = new Entry(this.place, sequence, `${objectId(this.place, sequence)}.${index}`);
    entry.observed = true;
    this.#settle(entry, payloadFromWire(wire));
    stream.add(index, entry);
  }

  #itemsEnd(sequence: number, count: number): void {
    const ended = this.#end(sequence);
    ended?.stream?.end(count);
    ended?.stream?.completion.settle(DONE);
  }

  #settle(entry: Entry, payload: Payload): void {
    entry.task = undefined;
    if (payload.children.length > 0) entry.pins = payload.children.map((id) => this.#adoptChild(id));
    const wasShared = entry.shared;
    if (payload.kind === PayloadKind.sealed) this.objects.trackSealed(entry);
    else if (wasShared) this.objects.manager.resolve(entry.id, payloadToWire(payload));
    entry.settle(payload);
    // Large and nobody holds a ref: let it go now.
    if (entry.handles === 0 && entry.shared) entry.onLastDisposed();
  }

  /** Its sender has counted this place among the holders. */
  #adoptChild(id: string): object {
    return id.startsWith("o") ? this.objects.adopt(id, true) : this.actors.adoptHeld(id);
  }

  #failOutcome(ended: { entries: readonly Entry[]; stream: ItemStream | undefined }, fault: Payload, name: string): void {
    let observed = false;
    for (const entry of ended.entries) {
      this.#settle(entry, fault);
      observed ||= entry.observed || entry.handles === 0;
    }
    if (ended.stream !== undefined) {
      const last = new Entry(this.place, -1);
      last.observed = true;
      last.payload = fault;
      ended.stream.fail(last);
      ended.stream.completion.settle(fault);
    } else if (!observed && ended.entries.length > 0) this.#options.onUnobserved?.(fault, name);
  }

  #failedAtOnce(fault: Payload, entries: Entry[], streaming: boolean): Submitted {
    const stream = streaming ? new ItemStream(entries[0] as Entry) : undefined;
    this.#failOutcome({ entries: streaming ? [] : entries, stream }, fault, "");
    return { entries, stream };
  }

  #end(sequence: number): PendingTask | ActorCall | undefined {
    const task = this.#tasks.get(sequence);
    if (task !== undefined) {
      this.#endTask(task);
      return task;
    }
    const call = this.#calls.get(sequence);
    if (call !== undefined) this.#endCall(call);
    return call;
  }

  #endTask(task: PendingTask): void {
    this.#tasks.delete(task.sequence);
    this.submitter.released(task);
    task.stopTimer?.();
  }

  #endCall(call: ActorCall): void {
    this.#calls.delete(call.sequence);
    this.actors.ended(call);
    call.stopTimer?.();
  }

  #resubmit(task: PendingTask): void {
    this.submitter.released(task);
    if (task.retriesLeft > 0) task.retriesLeft--;
    task.attempt++;
    this.submitter.submit(task);
  }

  #stopTask(task: PendingTask, options: { force: boolean; recursive: boolean; reason: "cancelled" | "timeout" | "parent" }): void {
    if (!this.#tasks.has(task.sequence)) return;
    task.cancelled = true;
    if (!this.submitter.withdraw(task)) {
      const worker = this.submitter.workerOf(task);
      const { force, recursive } = options;
      if (task.whereabouts.at === "inline") this.kernel.send(this.place, [ActorNumber.executor, 4, this.place, task.sequence, recursive, options.reason]);
      else this.#scheduler.cancel(task.sequence, { force, recursive, worker });
    }
    this.#endTask(task);
    const error = new TaskCancelledError({
      reason: options.reason,
      functionName: task.template.name,
      taskId: taskId(this.place, task.sequence),
      ...(options.reason === "timeout" && task.template.options.timeoutMs !== undefined ? { timeoutMs: task.template.options.timeoutMs } : {}),
    });
    this.#failOutcome(task, this.objects.packFault(error), task.template.name);
  }

  #stopCall(call: ActorCall, options: { recursive: boolean; reason: "cancelled" | "timeout" | "parent" }): void {
    if (!this.#calls.has(call.sequence)) return;
    this.actors.cancel(call, this.place, options.recursive, options.reason);
    const functionName = `${call.record.meta.className}.${call.method}`;
    this.failCall(call, new TaskCancelledError({ reason: options.reason, functionName, taskId: taskId(this.place, call.sequence) }));
  }

  /** A worker is gone: what it had of this place's tasks is tried again, or fails with the death. */
  #workerLost(worker: PlaceId, death: Uint8Array, sequences: number[]): void {
    this.submitter.leases.endAllOf(worker);
    const sent = new Set(sequences);
    // What the worker sent before it died may still wait on its own link: take that in first.
    this.clock.after(10, () => {
      this.kernel.disconnect(worker);
      for (const task of [...this.#tasks.values()]) {
        if (!sent.has(task.sequence) && this.submitter.workerOf(task) !== worker) continue;
        if (task.retriesLeft !== 0) this.#resubmit(task);
        else {
          this.#endTask(task);
          const error = new WorkerCrashedError({
            functionName: task.template.name,
            taskId: taskId(this.place, task.sequence),
            death: decodeValue(death) as Death,
          });
          this.#failOutcome(task, this.objects.packFault(error), task.template.name);
        }
      }
    });
  }
}

export type { ActorMeta };

const NO_CHILDREN: readonly string[] = [];
const DONE: Payload = { kind: PayloadKind.bare, data: undefined, size: 0, children: NO_CHILDREN };
