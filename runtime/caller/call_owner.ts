import { currentCall } from "../context/mod.ts";
import { OUT_OF_ORDER } from "../contracts/mod.ts";
import { PendingCallsLimitExceededError, TaskCancelledError } from "../errors/mod.ts";
import { type Clock, type Kernel, type ObjectId, type PlaceId, taskId } from "../kernel/mod.ts";
import type { Arguments, MethodMeta } from "../tasks/mod.ts";
import type { Payload } from "../values/mod.ts";
import { ActorClient, type CallEnds } from "./actor_client.ts";
import type { ActorCall, ActorRecord, CallForm } from "./actor_record.ts";
import type { Rerun } from "./derivation.ts";
import type { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";
import type { Lineage } from "./lineage.ts";
import type { ObjectClient } from "./object_client.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Reconstruction } from "./reconstruction.ts";
import type { Stop } from "./task_owner.ts";

/** How an actor method is called; what the handle's `.options()` and the class's `static methods` say. */
export interface CallOptions extends MethodMeta {
  name?: string;
}

/** Where the ends of calls are told. */
export interface CallResults {
  readonly outcomes: Outcomes;
  readonly lineage: Lineage;
  readonly reconstruction: Reconstruction;
}

/** The actor calls that a place has submitted and that have not ended. */
export class CallOwner implements CallEnds {
  readonly actors: ActorClient;
  readonly #place: PlaceId;
  readonly #clock: Clock;
  readonly #objects: ObjectClient;
  readonly #calls: Map<number, ActorCall> = new Map();
  #results!: CallResults;

  constructor(options: { kernel: Kernel; clock: Clock; objects: ObjectClient }) {
    this.#place = options.kernel.place;
    this.#clock = options.clock;
    this.#objects = options.objects;
    this.actors = new ActorClient(options, this);
  }

  /** To be called before anything else: the two know each other. */
  connect(results: CallResults): void {
    this.#results = results;
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
    const form: CallForm = {
      method,
      numReturns: numReturns === "streaming" ? -1 : numReturns,
      concurrencyGroup: options.concurrencyGroup,
      backpressure: Math.max(0, options.generatorBackpressure ?? own?.generatorBackpressure ?? meta.generatorBackpressure),
      retryExceptions: options.retryExceptions,
      maxTaskRetries: options.maxTaskRetries ?? own?.maxTaskRetries ?? meta.maxTaskRetries,
    };
    const call: ActorCall = {
      ...UNBEGUN,
      sequence,
      form,
      arguments: what.args,
      entries: stream === undefined ? entries : [],
      stream,
      parent: currentCall()?.run,
      record,
      retriesLeft: form.maxTaskRetries,
    };
    this.#calls.set(sequence, call);
    if (stream !== undefined && form.backpressure > 0) stream.onConsumed = (taken) => this.actors.consumed(call, this.#place, taken);
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

  /** Lets the actor go on that makes a generator's items again: all of them count as taken. */
  consume(call: ActorCall): void {
    this.actors.consumed(call, this.#place, Number.MAX_SAFE_INTEGER);
  }

  /** The call has ended; these of its results are large: how they were made is kept. */
  end(call: ActorCall, large?: readonly ObjectId[]): void {
    const { lineage } = this.#results;
    const { derivation, form, record } = call;
    this.#calls.delete(call.sequence);
    this.actors.ended(call);
    call.stopTimer?.();
    if (large !== undefined && derivation === undefined) {
      const { target, meta } = record;
      // The record itself is not kept: whoever has no handle of the actor any more has done with it.
      const submit = (rerun: Rerun): ActorCall => this.#rerun(form, this.actors.adopt(target, meta, false), rerun);
      lineage.keep(call, { name: nameOf(call), option: "maxTaskRetries", limit: form.maxTaskRetries, submit }, large);
      return;
    }
    for (const pin of call.arguments.pins) pin.letGo();
    if (derivation !== undefined) lineage.ranAgain(derivation, call);
  }

  triedAgain(call: ActorCall): void {
    const lost = this.#results.reconstruction.unheardOf(call);
    if (lost.length > 0) call.lost = new Set(lost);
  }

  failed(call: ActorCall, fault: Payload, retryable: boolean): void {
    if (retryable && call.retriesLeft !== 0) {
      if (call.retriesLeft > 0) call.retriesLeft--;
      this.actors.resend(call);
      return;
    }
    const { outcomes, reconstruction } = this.#results;
    const lost = reconstruction.unheardOf(call);
    this.end(call);
    outcomes.fail(call, fault, nameOf(call));
    if (lost.length > 0) reconstruction.lost(lost);
  }

  failCall(call: ActorCall, error: unknown): void {
    this.failed(call, this.#objects.packFault(error), false);
  }

  stop(call: ActorCall, how: Stop): void {
    if (!this.#calls.has(call.sequence)) return;
    this.actors.cancel(call, this.#place, how.recursive, how.reason);
    this.failCall(call, new TaskCancelledError({ reason: how.reason, functionName: nameOf(call), taskId: taskId(this.#place, call.sequence) }));
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

  #rerun(form: CallForm, record: ActorRecord, rerun: Rerun): ActorCall {
    const call: ActorCall = { ...UNBEGUN, ...rerun, form, stream: undefined, parent: undefined, record };
    this.#calls.set(call.sequence, call);
    // What has lost the results may have ended the actor too, and this place is about to hear of it.
    queueMicrotask(() => {
      if (this.#calls.get(call.sequence) === call) this.actors.submit(call);
    });
    return call;
  }
}

const UNBEGUN = {
  attempt: 0,
  sent: false,
  order: OUT_OF_ORDER,
  relayed: false,
  stopTimer: undefined,
  derivation: undefined,
  large: undefined,
  remade: undefined,
  lost: undefined,
} as const;

function nameOf({ record, form }: ActorCall): string {
  return `${record.meta.className}.${form.method}`;
}
