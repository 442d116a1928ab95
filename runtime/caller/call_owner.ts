import { currentCall } from "../context/mod.ts";
import { PendingCallsLimitExceededError, TaskCancelledError } from "../errors/mod.ts";
import { type Clock, type Kernel, type PlaceId, taskId } from "../kernel/mod.ts";
import type { Arguments, MethodMeta } from "../tasks/mod.ts";
import type { Payload } from "../values/mod.ts";
import { ActorClient, type CallEnds } from "./actor_client.ts";
import type { ActorCall, ActorRecord } from "./actor_record.ts";
import type { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";
import type { ObjectClient } from "./object_client.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Stop } from "./task_owner.ts";

/** How an actor method is called; what the handle's `.options()` and the class's `static methods` say. */
export interface CallOptions extends MethodMeta {
  name?: string;
}

/** The actor calls that a place has submitted and that have not ended. */
export class CallOwner implements CallEnds {
  readonly actors: ActorClient;
  readonly #place: PlaceId;
  readonly #clock: Clock;
  readonly #objects: ObjectClient;
  readonly #calls: Map<number, ActorCall> = new Map();
  #outcomes: Outcomes | undefined;

  constructor(options: { kernel: Kernel; clock: Clock; objects: ObjectClient }) {
    this.#place = options.kernel.place;
    this.#clock = options.clock;
    this.#objects = options.objects;
    this.actors = new ActorClient(options, this);
  }

  /** Where ends are told; the two know each other. */
  connect(outcomes: Outcomes): void {
    this.#outcomes = outcomes;
  }

  /** @throws PendingCallsLimitExceededError */
  admit(record: ActorRecord, method: string): void {
    const { maxPendingCalls, className } = record.meta;
    if (maxPendingCalls < 0 || record.pending < maxPendingCalls) return;
    throw new PendingCallsLimitExceededError({ maxPendingCalls, actorId: record.id, className, methodName: method });
  }

  submit(
    record: ActorRecord,
    what: { method: string; args: Arguments; options: CallOptions; numReturns: number | "streaming" },
    refs: { sequence: number; entries: readonly Entry[]; stream: ItemStream | undefined },
  ): void {
    const { meta } = record;
    const { method, options, numReturns } = what;
    const { sequence, entries, stream } = refs;
    const own = Object.hasOwn(meta.methods, method) ? meta.methods[method] : undefined;
    const call: ActorCall = {
      sequence,
      method,
      arguments: what.args,
      entries: stream === undefined ? entries : [],
      stream,
      numReturns: numReturns === "streaming" ? -1 : numReturns,
      concurrencyGroup: options.concurrencyGroup,
      backpressure: Math.max(0, options.generatorBackpressure ?? own?.generatorBackpressure ?? meta.generatorBackpressure),
      parent: currentCall()?.run,
      record,
      retryExceptions: options.retryExceptions,
      retriesLeft: options.maxTaskRetries ?? own?.maxTaskRetries ?? meta.maxTaskRetries,
      attempt: 0,
      sent: false,
      stopTimer: undefined,
    };
    this.#calls.set(sequence, call);
    if (stream !== undefined && call.backpressure > 0) stream.onConsumed = (taken) => this.actors.consumed(call, this.#place, taken);
    const timeoutMs = options.timeoutMs ?? own?.timeoutMs ?? meta.timeoutMs;
    if (timeoutMs !== undefined) {
      call.stopTimer = this.#clock.after(timeoutMs, () => this.stop(call, { force: false, recursive: true, reason: "timeout" }));
    }
    this.actors.submit(call);
  }

  get(sequence: number): ActorCall | undefined {
    return this.#calls.get(sequence);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The actor's host has not begun the call, as the actor moves. */
  unbegun(sequence: number, incarnation: number): void {
    const call = this.#calls.get(sequence);
    if (call !== undefined) this.actors.unbegun(call, incarnation);
  }

  /** The call has a result. */
  end(call: ActorCall): void {
    this.#calls.delete(call.sequence);
    this.actors.ended(call);
    call.stopTimer?.();
    for (const pin of call.arguments.pins) pin.letGo();
  }

  failed(call: ActorCall, fault: Payload, retryable: boolean): void {
    if (retryable && call.retriesLeft !== 0) {
      if (call.retriesLeft > 0) call.retriesLeft--;
      this.actors.resend(call);
      return;
    }
    this.end(call);
    this.#outcomes?.fail(call, fault, `${call.record.meta.className}.${call.method}`);
  }

  failCall(call: ActorCall, error: unknown): void {
    this.failed(call, this.#objects.packFault(error), false);
  }

  stop(call: ActorCall, how: Stop): void {
    if (!this.#calls.has(call.sequence)) return;
    this.actors.cancel(call, this.#place, how.recursive, how.reason);
    const functionName = `${call.record.meta.className}.${call.method}`;
    this.failCall(call, new TaskCancelledError({ reason: how.reason, functionName, taskId: taskId(this.#place, call.sequence) }));
  }

  stopChildren(parent: number): void {
    for (const call of [...this.#calls.values()]) {
      if (call.parent === parent) this.stop(call, { force: false, recursive: true, reason: "parent" });
    }
  }

  /** All that is pending fails. */
  close(fault: Payload): void {
    for (const call of [...this.#calls.values()]) this.failed(call, fault, false);
  }
}
