import { ActorDiedError, ActorUnavailableError, type Death } from "../errors/mod.ts";
import { type ActorSpec, type ActorsContract, ActorsOp, type ActorStateWire, ExecutorOp } from "../contracts/mod.ts";
import { type ActorId, ActorNumber, type Envelope, type Kernel, type PlaceId, type Remote, remoteContract, systemPlaceOf, type Told, toldContract } from "../kernel/mod.ts";
import { LocalReferences } from "../references/mod.ts";
import { decodeValue } from "../values/mod.ts";
import { type ActorCall, type ActorMeta, ActorRecord } from "./actor_record.ts";
import type { ObjectClient } from "./object_client.ts";

/** What the client needs of its place: to end a call with an error. */
export interface CallEnds {
  failCall(call: ActorCall, error: unknown): void;
}

/**
 * This place's dealings with actors.
 *
 * Calls are numbered by caller, actor and incarnation, so that the actor's host can put them in order whatever
 * way they came: straight to the host when its place is known, through the control store before that. So a
 * thread may create an actor, call it a thousand times and block: everything is on its way.
 */
export class ActorClient {
  readonly keeper: Told<ActorsContract>;
  readonly ask: Remote<ActorsContract>;
  readonly references: LocalReferences<ActorRecord>;
  readonly #kernel: Kernel;
  readonly #system: PlaceId;
  readonly #ends: CallEnds;
  #nextLane = 0;

  constructor(kernel: Kernel, objects: ObjectClient, ends: CallEnds) {
    this.#kernel = kernel;
    this.#system = systemPlaceOf(kernel.place);
    this.#ends = ends;
    this.keeper = toldContract<ActorsContract>(kernel, this.#system, ActorNumber.actors);
    this.ask = remoteContract<ActorsContract>(kernel, this.#system, ActorNumber.actors);
    this.references = new LocalReferences<ActorRecord>(objects.manager);
  }

  /** A record for an actor that this place creates. */
  create(spec: ActorSpec, meta: ActorMeta): ActorRecord {
    const record = this.#track(new ActorRecord(spec.id, meta, { phase: "PENDING", lane: this.#nextLane++ }), true);
    this.keeper.create(spec);
    return record;
  }

  /** The record of an actor whose handle came here. `held`: the sender has counted this place. */
  adopt(id: ActorId, meta: ActorMeta, held: boolean): ActorRecord {
    const known = this.references.find(id);
    if (known !== undefined) {
      if (held) this.references.giveBack(id);
      if (known.meta === UNKNOWN_META) known.meta = meta;
      return known;
    }
    const record = this.#track(new ActorRecord(id, meta, { phase: "UNKNOWN", lane: this.#nextLane++ }), held);
    this.keeper.watch(id);
    return record;
  }

  /** Takes over a hold that was counted for this place, for a handle inside a value that nobody has looked at yet. */
  adoptHeld(id: ActorId): ActorRecord {
    return this.adopt(id, UNKNOWN_META, true);
  }

  submit(call: ActorCall): void {
    const { record } = call;
    record.calls.set(call.sequence, call);
    if (record.phase === "DEAD") this.#fail(call, record);
    else if (record.phase === "UNKNOWN") record.unsent.push(call);
    else this.#send(call, record);
  }

  /** A call has ended. */
  ended(call: ActorCall): void {
    call.record.calls.delete(call.sequence);
  }

  cancel(call: ActorCall, owner: PlaceId, recursive: boolean, reason: string): void {
    this.#toHost(call.record, [ActorNumber.executor, ExecutorOp.cancel, owner, call.sequence, recursive, reason]);
  }

  consumed(call: ActorCall, owner: PlaceId, count: number): void {
    this.#toHost(call.record, [ActorNumber.executor, ExecutorOp.consumed, owner, call.sequence, count]);
  }

  /** News of an actor from the control store. */
  stateChanged(id: ActorId, state: ActorStateWire): void {
    const record = this.references.find(id);
    if (record === undefined) return;
    const [phase, place, incarnation, death, target] = state;
    if (target !== undefined) record.target = target;
    if (incarnation < record.incarnation) return;
    const reborn = incarnation > record.incarnation;
    record.phase = phase;
    record.place = place;
    record.incarnation = incarnation;
    if (death !== undefined) record.death = death;
    if (reborn) record.nextCall = 0;
    if (phase === "DEAD") {
      record.unsent = [];
      for (const call of [...record.calls.values()]) this.#fail(call, record);
      return;
    }
    if (reborn) for (const call of [...record.calls.values()]) if (!record.unsent.includes(call)) this.#again(call, record);
    const unsent = record.unsent;
    record.unsent = [];
    for (const call of unsent) this.#send(call, record);
  }

  /** Sends a call again after its method threw or its actor came back. */
  resend(call: ActorCall): void {
    call.attempt++;
    this.#send(call, call.record);
  }

  #again(call: ActorCall, record: ActorRecord): void {
    if (call.retriesLeft === 0) {
      this.#ends.failCall(call, new ActorUnavailableError({ ...subject(call, record), reason: "it died and is being restarted" }));
      return;
    }
    if (call.retriesLeft > 0) call.retriesLeft--;
    this.resend(call);
  }

  #send(call: ActorCall, record: ActorRecord): void {
    call.incarnation = record.incarnation;
    const { arguments: args } = call;
    let flags = call.attempt > 0 ? 2 : 0;
    for (const entry of call.entries) if (entry.shared) flags |= 1;
    this.#toHost(record, [
      ActorNumber.executor,
      ExecutorOp.call,
      this.#kernel.place,
      record.target,
      record.incarnation,
      record.lane,
      record.nextCall++,
      call.sequence,
      call.method,
      args.form,
      args.data,
      flags,
      call.numReturns,
      call.concurrencyGroup ?? null,
      call.backpressure,
    ]);
  }

  #toHost(record: ActorRecord, envelope: Envelope): void {
    if (record.phase === "ALIVE") this.#kernel.send(record.place, envelope);
    else this.#kernel.send(this.#system, [ActorNumber.actors, ActorsOp.relay, record.id, record.incarnation, envelope]);
  }

  #fail(call: ActorCall, record: ActorRecord): void {
    this.#ends.failCall(call, new ActorDiedError({ ...subject(call, record), death: deathOf(record) }));
  }

  #track(record: ActorRecord, held: boolean): ActorRecord {
    record.onLastDisposed = () => {
      if (record.calls.size === 0) this.references.release(record.id, record);
    };
    this.references.track(record.id, record, held);
    return record;
  }
}

const UNKNOWN_META: ActorMeta = { className: "", methods: {}, maxTaskRetries: 0, retryExceptions: false, maxPendingCalls: -1 };

function subject(call: ActorCall, record: ActorRecord): { actorId: string; className: string; methodName: string } {
  return { actorId: record.id, className: record.meta.className, methodName: call.method };
}

function deathOf(record: ActorRecord): Death {
  const { death } = record;
  if (death instanceof Uint8Array) record.death = decodeValue(death);
  return (record.death as Death | undefined) ?? { cause: "unknown" };
}
