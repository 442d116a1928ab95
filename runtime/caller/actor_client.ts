import {
  type ActorSpec,
  type ActorStateWire,
  type ActorsContract,
  ActorsOp,
  ATTEMPT_SHIFT,
  ExecutorOp,
  OUT_OF_ORDER,
  TaskFlag,
} from "../contracts/mod.ts";
import { ActorDiedError, ActorUnavailableError, type Death, isMobulaError } from "../errors/mod.ts";
import {
  type ActorId,
  ActorNumber,
  type Clock,
  type Envelope,
  HEAD_NODE,
  HEAD_PLACE,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  type Remote,
  remoteContract,
  type Told,
  toldContract,
} from "../kernel/mod.ts";
import { LocalReferences } from "../references/mod.ts";
import type { ActorMeta, ActorTemplate } from "../tasks/mod.ts";
import { decodeValue } from "../values/mod.ts";
import { type ActorCall, ActorRecord } from "./actor_record.ts";
import { HostLanes } from "./host_lanes.ts";
import type { ObjectClient } from "./object_client.ts";

/** What the client needs of its place: to end a call with an error, and to know that it is tried again. */
export interface CallEnds {
  failCall(call: ActorCall, error: unknown): void;
  triedAgain(call: ActorCall): void;
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
  readonly #clock: Clock;
  readonly #objects: ObjectClient;
  readonly #ends: CallEnds;
  /** Last news of actors that have lost their place, until what they sent from there has had time to come. */
  readonly #lost: Map<ActorRecord, ActorStateWire> = new Map();
  readonly #hostLanes: HostLanes;
  #nextLane = 0;
  /** Whether actors may live that end with this place: it does not hear of the end of those that only others hold. */
  owns = false;

  constructor(options: { kernel: Kernel; clock: Clock; objects: ObjectClient }, ends: CallEnds) {
    const { kernel, clock, objects } = options;
    this.#kernel = kernel;
    this.#clock = clock;
    this.#objects = objects;
    this.#ends = ends;
    this.keeper = toldContract<ActorsContract>(kernel, HEAD_PLACE, ActorNumber.actors);
    this.ask = remoteContract<ActorsContract>(kernel, HEAD_PLACE, ActorNumber.actors);
    this.#hostLanes = new HostLanes(kernel);
    this.references = new LocalReferences<ActorRecord>(objects.announcer);
  }

  /** A record for an actor that this place creates. */
  create(spec: ActorSpec, { meta, options }: ActorTemplate): ActorRecord {
    if (!options.detached) this.owns = true;
    // On the head's own node the keeper counts this place; elsewhere its node has to know of it first.
    const counted = nodeOf(this.#kernel.place) === HEAD_NODE;
    const record = this.#track(this.#record(spec.id, meta, "PENDING"), counted);
    const { id, template, form, data, needs, keeps } = spec;
    if (!counted) {
      this.references.flush();
      // The keeper holds them while the actor may be made anew, and from before it hears of it.
      if (keeps.length > 0) this.#objects.manager.holdFor(keeps, HEAD_PLACE);
      record.spec = spec;
    }
    this.keeper.create(id, template, form, data, needs, keeps);
    return record;
  }

  /** A record for an actor that cannot be made, for what its constructor was to be given has failed. */
  stillborn(id: ActorId, meta: ActorMeta, error: unknown): ActorRecord {
    const record = this.#record(id, meta, "DEAD");
    record.death = {
      cause: "start-failed",
      actorId: id,
      detail: "An argument of its constructor failed.",
      error,
    } satisfies Death;
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
    const record = this.#track(this.#record(id, meta, "UNKNOWN"), held);
    record.adopted = true;
    this.keeper.watch(id);
    return record;
  }

  /** The record of an actor that was looked up by its name: on the head's own node the keeper has counted this place. */
  lookedUp(id: ActorId, meta: ActorMeta): ActorRecord {
    const counted = nodeOf(this.#kernel.place) === HEAD_NODE;
    const record = this.adopt(id, meta, counted);
    if (!counted) void this.#holdKnown(id);
    return record;
  }

  /** The keeper keeps the actor for this place until it hears of its hold. */
  async #holdKnown(id: ActorId): Promise<void> {
    this.references.flush();
    // A node that ends has nothing to say any more.
    await this.#objects.known().then(
      () => this.keeper.held(id),
      () => {},
    );
  }

  /** For a handle inside a value that nobody has looked at yet. `held`: takes over a hold that was counted for this place. */
  adoptInside(id: ActorId, held: boolean): ActorRecord {
    return this.adopt(id, UNKNOWN_META, held);
  }

  submit(call: ActorCall): void {
    const { record } = call;
    record.add(call);
    if (record.phase === "DEAD") this.#fail(call, record);
    else if (record.phase !== "UNKNOWN") this.#send(call, record);
  }

  /** A call has ended. */
  ended(call: ActorCall): void {
    call.record.remove(call);
  }

  cancel(call: ActorCall, owner: PlaceId, recursive: boolean, reason: string): void {
    this.#toHost(call, [ActorNumber.executor, ExecutorOp.cancel, owner, call.sequence, recursive, reason, call.record.target]);
  }

  consumed(call: ActorCall, owner: PlaceId, count: number): void {
    this.#toHost(call, [ActorNumber.executor, ExecutorOp.consumed, owner, call.sequence, count, call.record.target]);
  }

  /** Another keeps the actors: it hears of those that this place waits for, and of what the one before may have lost. */
  succeeded(): void {
    for (const record of this.references.all()) {
      if (record.phase === "DEAD") continue;
      const { id, target, spec } = record;
      if (spec !== undefined) this.keeper.create(spec.id, spec.template, spec.form, spec.data, spec.needs, spec.keeps);
      else if (target !== id) this.keeper.alias(id, target);
      else this.keeper.watch(id);
      record.relaysLost = true;
      if (record.phase === "ALIVE") this.#sendAgain(record);
      else record.phase = "UNKNOWN";
    }
  }

  /** Ends the actor. What is called from now on waits for word of that: on its own way it might be there before. */
  kill(record: ActorRecord, noRestart: boolean): void {
    void this.ask.kill(record.target, noRestart).catch(() => {});
    if (record.phase !== "ALIVE") return;
    record.phase = "UNKNOWN";
    record.killed = record.incarnation;
  }

  /** News of an actor from the control store. */
  stateChanged(id: ActorId, state: ActorStateWire): void {
    const record = this.references.find(id);
    if (record === undefined || record.phase === "DEAD") return;
    const [phase, place, incarnation, death] = state;
    // Word of its next life may come before the calls of this one have failed.
    if (phase === "RESTARTING" && incarnation > record.incarnation) record.death = death;
    if (this.#lost.has(record)) {
      this.#lost.set(record, state);
      return;
    }
    const gone = record.place >= 0 && (phase !== "ALIVE" || place !== record.place);
    if (!gone || record.pending === 0) {
      this.#apply(record, state);
      return;
    }
    this.#lost.set(record, state);
    record.phase = "UNKNOWN";
    this.#clock.after(LAST_WORDS_MS, () => {
      const news = this.#lost.get(record) ?? state;
      this.#lost.delete(record);
      this.#apply(record, news);
    });
  }

  /** The actor moves, and its host has not begun this: it is sent on when there is news of the actor. */
  unbegun(call: ActorCall, incarnation: number): void {
    // Else there was news, and it has been sent, or has failed.
    if (call.record.incarnation === incarnation) call.sent = false;
  }

  /**
   * A node is gone, and with it the actors that lived there: what is called from now on waits for news of them, which
   * comes another way. It would cost a retry to send it to where nobody is.
   */
  nodeLost(node: NodeNumber): void {
    for (const record of this.references.all()) {
      if (record.phase === "ALIVE" && nodeOf(record.place) === node) record.phase = "UNKNOWN";
    }
  }

  /** Sends a call again after its method threw. */
  resend(call: ActorCall): void {
    call.attempt++;
    this.#ends.triedAgain(call);
    call.sent = false;
    if (call.record.phase !== "UNKNOWN") this.#send(call, call.record);
  }

  #apply(record: ActorRecord, [phase, place, incarnation, death, target]: ActorStateWire): void {
    if (phase !== "DEAD" && (incarnation < record.incarnation || incarnation <= record.killed)) return;
    if (target !== undefined && target !== record.target) {
      // What was sent under the id made up here was passed on to whatever incarnation the actor had.
      record.target = target;
      record.incarnation = incarnation;
    }
    // Else it may be forgotten with the control store that has it in memory alone.
    if (phase === "ALIVE") record.spec = undefined;
    const reborn = incarnation > record.incarnation;
    record.phase = phase;
    record.place = place;
    if (phase === "DEAD") {
      record.death = death;
      for (const call of record.calls()) this.#fail(call, record);
      return;
    }
    record.incarnation = incarnation;
    if (reborn) record.restart();
    // Its calls that went through the control store are with the host now.
    else if (phase === "ALIVE" && record.adopted && record.nextCall > 0) this.#hostLanes.used(record);
    if (record.relaysLost) this.#sendAgain(record);
    for (const call of record.calls()) {
      if (!call.sent) this.#send(call, record);
      else if (reborn) this.#again(call, record);
    }
  }

  /**
   * The control store that was to pass calls on is gone: they are sent once more, and their host takes a number once. It does
   * not wait for those that have ended meanwhile, by a cancellation or by a result of the actor's life before.
   */
  #sendAgain(record: ActorRecord): void {
    record.relaysLost = false;
    const kept: number[] = [];
    for (const call of record.calls()) {
      if (!call.sent) continue;
      if (call.order !== OUT_OF_ORDER && call.order < record.relayed) kept.push(call.order);
      if (call.relayed) this.#send(call, record, call.order);
    }
    if (record.relayed === 0) return;
    const { target, incarnation, lane, relayed } = record;
    this.#route(record, [ActorNumber.executor, ExecutorOp.skip, this.#kernel.place, target, incarnation, lane, relayed, kept]);
  }

  /** The call was under way when its actor was lost. */
  #again(call: ActorCall, record: ActorRecord): void {
    if (call.retriesLeft === 0) {
      const fields = { ...subject(call, record), reason: "it died and is being restarted" };
      this.#ends.failCall(call, new ActorUnavailableError(record.death === undefined ? fields : { ...fields, death: deathOf(record) }));
      return;
    }
    if (call.retriesLeft > 0) call.retriesLeft--;
    this.resend(call);
  }

  /** `again`: its number in the lane, if it may have been lost on its way. */
  #send(call: ActorCall, record: ActorRecord, again?: number): void {
    call.sent = true;
    const order = again ?? (call.derivation === undefined ? record.nextCall++ : OUT_OF_ORDER);
    call.order = order;
    call.relayed = record.phase !== "ALIVE";
    if (call.relayed) record.relayed = Math.max(record.relayed, order + 1);
    const { arguments: args, form } = call;
    // What makes lost results again keeps no order: those that were called before it may wait for them.
    const lane = order === OUT_OF_ORDER ? this.#nextLane++ : record.lane;
    let flags = call.attempt > 0 ? TaskFlag.retry | (call.attempt << ATTEMPT_SHIFT) : 0;
    for (const entry of call.entries) if (entry.shared) flags |= TaskFlag.shared;
    const envelope: Envelope = [
      ActorNumber.executor,
      ExecutorOp.call,
      this.#kernel.place,
      record.target,
      record.incarnation,
      lane,
      order,
      call.sequence,
      form.method,
      args.form,
      args.data,
      flags,
      form.numReturns,
      form.concurrencyGroup ?? null,
      form.backpressure,
    ];
    if (form.retryExceptions !== undefined) envelope.push(form.retryExceptions);
    if (record.adopted && record.phase === "ALIVE" && lane === record.lane) this.#hostLanes.used(record);
    this.#route(record, envelope);
  }

  /** Tells the host about a call that was sent there. */
  #toHost(call: ActorCall, envelope: Envelope): void {
    if (call.sent && call.record.phase !== "UNKNOWN") this.#route(call.record, envelope);
  }

  #route(record: ActorRecord, envelope: Envelope): void {
    if (record.phase === "ALIVE") this.#kernel.send(record.place, envelope);
    else this.#kernel.send(HEAD_PLACE, [ActorNumber.actors, ActorsOp.relay, record.id, record.incarnation, envelope]);
  }

  #fail(call: ActorCall, record: ActorRecord): void {
    const death = deathOf(record);
    // It never was: what matters is why.
    if (NEVER_BEGAN.some((code) => isMobulaError(death.error, code))) this.#ends.failCall(call, death.error);
    else this.#ends.failCall(call, new ActorDiedError({ ...subject(call, record), death }));
  }

  #record(id: ActorId, meta: ActorMeta, phase: ActorRecord["phase"]): ActorRecord {
    return new ActorRecord(id, meta, { phase, lane: this.#nextLane++, onUnused: this.#release });
  }

  #track(record: ActorRecord, held: boolean): ActorRecord {
    this.references.track(record.id, record, held);
    return record;
  }

  readonly #release = (record: ActorRecord): void => {
    this.references.release(record.id, record);
    if (!this.#hostLanes.released(record)) return;
    record.lane = this.#nextLane++;
    record.restart();
  };
}

/** What an actor sent last may still wait on its own link when its loss is told on another. */
const LAST_WORDS_MS = 10;

/** Errors that say of themselves why there is no actor. */
const NEVER_BEGAN = ["ACTOR_UNSCHEDULABLE", "ACTOR_NAME_TAKEN"] as const;

const UNKNOWN_META: ActorMeta = {
  className: "",
  methods: {},
  groups: [],
  maxTaskRetries: 0,
  maxPendingCalls: -1,
  generatorBackpressure: -1,
};

function subject(call: ActorCall, record: ActorRecord): { actorId: string; className: string; methodName: string } {
  return { actorId: record.id, className: record.meta.className, methodName: call.form.method };
}

function deathOf(record: ActorRecord): Death {
  const { death } = record;
  if (death instanceof Uint8Array) record.death = decodeDeath(death);
  return (record.death as Death | undefined) ?? { cause: "unknown" };
}

/** Calls end with it, so it is had even when its error cannot be made here again. */
function decodeDeath(death: Uint8Array): Death {
  try {
    return decodeValue(death) as Death;
  } catch (error) {
    return { cause: "unknown", error };
  }
}
