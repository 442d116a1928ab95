import type { Encoded } from "../../net/mod.ts";
import { type ActorStateWire, type Attempt, CallerOp } from "../contracts/mod.ts";
import {
  type Actor,
  ActorNumber,
  type Clock,
  type Delivery,
  type Envelope,
  isItem,
  type Kernel,
  type ObjectId,
  objectId,
  ownerOf,
  type PlaceId,
  sequenceOf,
  systemPlaceOf,
} from "../kernel/mod.ts";
import type { Arguments, TaskTemplate } from "../tasks/mod.ts";
import { arrivedPayload, type Payload, PayloadKind, type PayloadWire, payloadFromWire, type TravelContext } from "../values/mod.ts";
import type { ActorClient } from "./actor_client.ts";
import type { ActorCall, ActorRecord } from "./actor_record.ts";
import { encodeArguments } from "./argument_encoder.ts";
import { Arrivals } from "./arrivals.ts";
import { type CallOptions, CallOwner } from "./call_owner.ts";
import { Entry } from "./entry.ts";
import { ItemStream } from "./item_stream.ts";
import { Lineage } from "./lineage.ts";
import { consumeAll, makerOf } from "./maker.ts";
import { type BufferSource, ObjectClient, type Packed } from "./object_client.ts";
import { Outcomes, type Submitted } from "./outcomes.ts";
import type { PendingTask } from "./pending_task.ts";
import { Reconstruction } from "./reconstruction.ts";
import { TaskOwner } from "./task_owner.ts";

export interface CallerOptions {
  kernel: Kernel;
  clock: Clock;
  buffers: BufferSource;
  runInline(task: PendingTask): void;
  /** Whether calls of this template may travel in shared memory: from a thread to threads alone. */
  batches(template: TaskTemplate): boolean;
  /** Writes a line that a worker sent to the driver's terminal. */
  print(stream: "stdout" | "stderr", text: string): void;
  /** Hears of failures that nobody looked at. */
  onUnobserved?(error: Payload, name: string): void;
}

/**
 * The caller's side of a place: it owns the refs that are made here, submits tasks and actor calls, and takes
 * in their results.
 */
export class Caller implements Actor {
  readonly objects: ObjectClient;
  readonly outcomes: Outcomes;
  readonly place: PlaceId;
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly #options: CallerOptions;
  readonly #tasks: TaskOwner;
  readonly #calls: CallOwner;
  readonly #lineage: Lineage;
  readonly #reconstruction: Reconstruction;
  readonly #arrivals: Arrivals;
  #sequence = 1;

  constructor(options: CallerOptions) {
    const { kernel, clock } = options;
    this.#options = options;
    this.kernel = kernel;
    this.place = kernel.place;
    this.clock = clock;
    this.objects = new ObjectClient(kernel, systemPlaceOf(kernel.place), { buffers: options.buffers, clock });
    this.#lineage = new Lineage(this.place);
    this.#calls = new CallOwner({ kernel, clock, objects: this.objects });
    this.outcomes = new Outcomes({
      place: this.place,
      objects: this.objects,
      actors: this.actors,
      lineage: this.#lineage,
      onUnobserved: options.onUnobserved,
    });
    this.#reconstruction = new Reconstruction({
      place: this.place,
      lineage: this.#lineage,
      objects: this.objects,
      outcomes: this.outcomes,
      generatorOf: (item) => this.#arrivals.run(sequenceOf(item)),
      makerOf: (id) => makerOf(sequenceOf(id), { tasks: this.#tasks, calls: this.#calls }),
      consume: (run, producer) => consumeAll(run, producer, { tasks: this.#tasks, calls: this.#calls }),
    });
    const results = { outcomes: this.outcomes, lineage: this.#lineage, reconstruction: this.#reconstruction };
    this.#calls.connect(results);
    this.#tasks = new TaskOwner({
      ...results,
      kernel,
      clock,
      objects: this.objects,
      runInline: options.runInline,
      batches: options.batches,
    });
    this.#arrivals = new Arrivals({ ...results, place: this.place, objects: this.objects, tasks: this.#tasks, calls: this.#calls });
    kernel.register(ActorNumber.caller, this);
  }

  get actors(): ActorClient {
    return this.#calls.actors;
  }

  /** Tasks and calls that have not ended. */
  get pendingCount(): number {
    return this.#tasks.size + this.#calls.size;
  }

  /** Whether nothing that others may need ends with this place: it waits for nothing, could make no result again, and owns no actor. */
  get dispensable(): boolean {
    return this.pendingCount === 0 && this.#lineage.size === 0 && !this.actors.owns;
  }

  /** What is kept to make lost results again. */
  get lineage(): { tasks: number; bytes: number } {
    return { tasks: this.#lineage.size, bytes: this.#lineage.bytes };
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
    return this.#keep(
      sequence,
      this.objects.pack(value, () => objectId(this.place, sequence), this.place),
    );
  }

  /** The same for a value that was encoded already. */
  putEncoded(value: { encoded: Encoded; context: TravelContext }): Entry {
    const sequence = this.nextSequence();
    return this.#keep(
      sequence,
      this.objects.packEncoded(value, () => objectId(this.place, sequence), this.place),
    );
  }

  #keep(sequence: number, { payload, pins }: Packed): Entry {
    const entry = new Entry(this.place, sequence);
    entry.payload = payload;
    entry.pins = pins;
    if (pins !== undefined) for (const pin of pins) pin.hold();
    entry.observed = true;
    if (payload.kind === PayloadKind.sealed) this.objects.trackSealed(entry);
    return entry;
  }

  submitTask(template: TaskTemplate, args: readonly unknown[]): Submitted {
    const encoded = encodeArguments(args, this);
    const refs = this.#refsFor(template.options.numReturns);
    if ("kind" in encoded) return this.outcomes.failAtOnce(encoded, refs, template.name);
    this.#tasks.submit(template, encoded as Arguments, refs);
    return refs;
  }

  submitCall(record: ActorRecord, method: string, args: readonly unknown[], options: CallOptions = {}): Submitted {
    this.#calls.admit(record, method);
    const own = Object.hasOwn(record.meta.methods, method) ? record.meta.methods[method] : undefined;
    const numReturns = options.numReturns ?? own?.numReturns ?? 1;
    const encoded = encodeArguments(args, this);
    const refs = this.#refsFor(numReturns);
    if ("kind" in encoded) return this.outcomes.failAtOnce(encoded, refs, method);
    this.#calls.submit(record, { method, args: encoded as Arguments, options, numReturns }, refs);
    return refs;
  }

  /** Cancels what makes the value of `entry`; its owner does, where that is another place. */
  cancel(entry: Entry, options: { force: boolean; recursive: boolean }): void {
    // What came from elsewhere has no number of its own here, even when it had been made here.
    const own = entry.place === this.place;
    if (own && entry.ready && !entry.freed) return;
    const owner = own ? this.place : ownerOf(entry.id);
    if (owner !== this.place) {
      this.kernel.send(owner, [ActorNumber.caller, CallerOp.cancel, entry.id, options.force, options.recursive]);
      return;
    }
    const call = this.#stop(own ? entry.sequence : sequenceOf(entry.id), options);
    if (call !== undefined && options.force)
      throw new RangeError("cancel(): force is not for actor calls, as it would end the actor; use kill(handle), or cancel without force");
    if (call !== undefined) this.#calls.stop(call, { ...options, reason: "cancelled" });
  }

  /** Cancels what the run `parent` at this place has submitted. */
  cancelChildren(parent: number, { force = false }: { force?: boolean } = {}): void {
    this.#tasks.stopChildren(parent, force);
    this.#calls.stopChildren(parent);
  }

  receive(envelope: Envelope, delivery: Delivery): void {
    const subject = envelope[2] as number;
    switch (envelope[1]) {
      case CallerOp.result:
        this.#arrivals.result(subject, arrivedPayload(envelope, 3), delivery.from);
        return;
      case CallerOp.results:
        this.#arrivals.results(subject, envelope[3] as PayloadWire[], delivery.from);
        return;
      case CallerOp.failed:
      case CallerOp.refused:
        this.#arrivals.failed(subject, payloadFromWire(envelope[3] as PayloadWire), { retryable: envelope[4] === true, producer: delivery.from });
        return;
      case CallerOp.item:
        this.#arrivals.item(subject, { index: envelope[3] as number, wire: envelope[4] as PayloadWire, producer: delivery.from });
        return;
      case CallerOp.itemsEnd:
        this.#arrivals.itemsEnd(subject, envelope[3] as number);
        return;
      case CallerOp.object:
        this.#objectArrived(envelope[2] as ObjectId, payloadFromWire(envelope[3] as PayloadWire), delivery);
        return;
      case CallerOp.announced:
        this.objects.announcer.learned(delivery.from, subject);
        return;
      case CallerOp.lease:
        this.#tasks.lent(
          { schedulingClass: envelope[2] as string, id: envelope[3] as number, worker: envelope[4] as PlaceId },
          envelope[5] as Attempt,
        );
        return;
      case CallerOp.leaseEnded:
        this.#tasks.submitter.leases.ended(subject, envelope[3] as PlaceId);
        return;
      case CallerOp.workerLost:
        this.#tasks.workerLost(subject, envelope[3] as Uint8Array, envelope[4] as Attempt[]);
        return;
      case CallerOp.moved:
        this.#tasks.moved(subject, envelope[3] as Attempt[]);
        return;
      case CallerOp.nodeLost:
        this.kernel.disconnectNode(subject, new Error(`node ${subject} is gone`));
        this.#tasks.nodeLost(subject, envelope[3] as Uint8Array);
        this.actors.nodeLost(subject);
        return;
      case CallerOp.groupRemoved:
        this.#tasks.groupRemoved(envelope[2] as string, payloadFromWire(envelope[3] as PayloadWire));
        return;
      case CallerOp.actorState:
        this.actors.stateChanged(envelope[2] as string, envelope[3] as ActorStateWire);
        return;
      case CallerOp.unbegun:
        for (const sequence of envelope[3] as number[]) this.#calls.unbegun(sequence, subject);
        return;
      case CallerOp.collect:
        this.objects.collect();
        return;
      case CallerOp.reclaimed:
        this.objects.sweep();
        return;
      case CallerOp.cancel: {
        const [, , id, force, recursive] = envelope as unknown as [0, 0, ObjectId, boolean, boolean];
        // An item of a generator is there already.
        if (isItem(id)) return;
        // Who asks is not there to be told that force is not for actor calls.
        const call = this.#stop(sequenceOf(id), { force, recursive });
        if (call !== undefined) this.#calls.stop(call, { force: false, recursive, reason: "cancelled" });
        return;
      }
      case CallerOp.lost:
        this.#reconstruction.lost(envelope[2] as ObjectId[]);
        return;
      case CallerOp.released:
        this.#reconstruction.released(envelope[2] as ObjectId[]);
        return;
      case CallerOp.print:
        this.#options.print(envelope[2] as "stdout" | "stderr", envelope[3] as string);
        return;
    }
  }

  /** Fails all that is pending. */
  close(error: unknown): void {
    const fault = this.objects.packFault(error);
    this.#tasks.close(fault);
    this.#calls.close(fault);
    this.outcomes.reportUnobserved();
  }

  #refsFor(numReturns: number | "streaming"): { sequence: number; entries: Entry[]; stream: ItemStream | undefined } {
    const streaming = numReturns === "streaming";
    const count = streaming ? 1 : Math.max(1, numReturns);
    const sequence = this.nextSequence(count);
    const entries: Entry[] = new Array(count);
    for (let i = 0; i < count; i++) entries[i] = new Entry(this.place, sequence + i);
    return { sequence, entries, stream: streaming ? new ItemStream(entries[0] as Entry) : undefined };
  }

  /** Stops the task that makes the object of this number; an actor call that makes it is returned instead. */
  #stop(made: number, how: { force: boolean; recursive: boolean }): ActorCall | undefined {
    const maker = makerOf(made, { tasks: this.#tasks, calls: this.#calls });
    if (maker === undefined) return undefined;
    const task = this.#tasks.get(maker.sequence);
    if (task === undefined) return maker as ActorCall;
    this.#tasks.stop(task, { ...how, reason: "cancelled" });
    return undefined;
  }

  #objectArrived(id: ObjectId, payload: Payload, delivery: Delivery): void {
    if (payload.kind !== PayloadKind.sealed) this.objects.arrived(id, payload, undefined);
    else this.objects.arrived(id, { ...payload, data: undefined }, delivery.attachments[payload.data as number] as SharedArrayBuffer);
  }
}
