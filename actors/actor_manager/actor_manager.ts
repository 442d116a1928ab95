import { type ActorLookup, type ActorsContract, type ActorSpec, type ActorStateWire, CallerOp } from "../../runtime/contracts/mod.ts";
import { ActorNameTakenError, ActorNotFoundError, type Death } from "../../runtime/errors/mod.ts";
import { type ActorId, ActorNumber, type Caller, type Envelope, type Kernel, type PlaceId, toldContract, workerId } from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { decodeValue, encodeValue } from "../../runtime/values/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";
import type { DeathRecord, Fallout, Gcs } from "../gcs/mod.ts";
import type { ActorSeats } from "./actor_seats.ts";

/** A call that waits in the control store until its actor lives. */
interface Relay {
  readonly incarnation: number;
  readonly envelope: Envelope;
}

/** What is needed of a living actor beyond its row. */
interface Keeping {
  readonly spec: ActorSpec;
  readonly template: ActorTemplate;
  readonly watchers: Set<PlaceId>;
  relays: Relay[];
  /** Names that `getIfExists` gave to this actor. */
  aliases: Map<ActorId, Set<PlaceId>> | undefined;
}

export interface ActorManagerOptions {
  kernel: Kernel;
  gcs: Gcs;
  seats: ActorSeats;
  jobId: string;
  template(owner: PlaceId, number: number): Promise<ActorTemplate>;
  /** Calls back once all these objects are on this node. */
  whenHere(ids: readonly string[], action: () => void): void;
  /** Counts `place` as a holder of the actor, as handles do. */
  hold(id: ActorId, place: PlaceId): void;
  drop(id: ActorId, place: PlaceId): void;
}

/**
 * Keeps the actors: registers, places, restarts and ends them, and tells those who hold handles. The row of an
 * actor is in the control store's table, which knows the legal moves; here is what happens at each.
 */
export class ActorManager implements ActorsContract {
  readonly #options: ActorManagerOptions;
  readonly #gcs: Gcs;
  readonly #kernel: Kernel;
  readonly #keepings: Map<ActorId, Keeping> = new Map();
  readonly #aliases: Map<ActorId, ActorId> = new Map();
  /** Last words of the dead, for those who ask late. */
  readonly #deaths: Map<ActorId, Uint8Array> = new Map();

  constructor(options: ActorManagerOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
    this.#kernel = options.kernel;
  }

  create(caller: Caller, spec: ActorSpec): void {
    this.#options.hold(spec.id, caller.from);
    const asking = this.#options.template(caller.from, spec.template);
    void asking.then((template) => this.#register(caller.from, spec, template));
  }

  watch(caller: Caller, id: ActorId): void {
    const target = this.#aliases.get(id) ?? id;
    const keeping = this.#keepings.get(target);
    if (keeping === undefined) {
      this.#tellOne(caller.from, id, this.#stateOf(target));
      return;
    }
    this.#watchersOf(keeping, id, target).add(caller.from);
    this.#tellOne(caller.from, id, this.#stateOf(target, id));
  }

  lookup(caller: Caller, name: string, namespace: string): ActorLookup {
    const row = this.#gcs.actors.byName(namespace, name);
    const keeping = row && this.#keepings.get(row.actorId);
    if (row === undefined || keeping === undefined) throw new ActorNotFoundError({ actorName: name, namespace });
    this.#options.hold(row.actorId, caller.from);
    return { id: row.actorId, meta: keeping.spec.meta };
  }

  list(_caller: Caller, namespace: string | null): { name: string; namespace: string }[] {
    return this.#gcs.actors.named(namespace ?? undefined).map(({ name, namespace: at }) => ({ name, namespace: at }));
  }

  kill(_caller: Caller, asked: ActorId, noRestart: boolean): void {
    const id = this.#aliases.get(asked) ?? asked;
    const row = this.#gcs.actors.get(id);
    if (row === undefined) throw new ActorNotFoundError({ actorId: id });
    if (row.state === "DEAD") return;
    this.#lose(id, { cause: "killed", actorId: id, detail: "kill() was called" }, !noRestart, true);
  }

  started(caller: Caller, id: ActorId, incarnation: number, fault?: Uint8Array): void {
    const row = this.#gcs.actors.get(id);
    if (row === undefined || row.incarnation !== incarnation || row.state === "DEAD") {
      this.#hostAt(caller.from).stopActor(id, "it is not wanted any more");
      return;
    }
    if (fault !== undefined) {
      this.#lose(id, { cause: "constructor", actorId: id, workerId: workerId(caller.from), error: decodeValue(fault) }, false, false);
      return;
    }
    this.#gcs.actors.alive(id, { incarnation, place: caller.from, workerId: workerId(caller.from) });
    this.#options.seats.settled(id);
    this.#tell(id);
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    const relays = keeping.relays;
    keeping.relays = [];
    for (const relay of relays) if (relay.incarnation === incarnation) this.#kernel.send(caller.from, relay.envelope);
  }

  ended(_caller: Caller, id: ActorId, incarnation: number, cause: "exit" | "out-of-scope" | "killed"): void {
    const row = this.#gcs.actors.get(id);
    if (row?.incarnation === incarnation) this.#lose(id, { cause, actorId: id, detail: "exitActor() was called" }, false, false);
  }

  /** A call from a place that does not know where the actor lives. */
  relay(asked: ActorId, incarnation: number, envelope: Envelope): void {
    const id = this.#aliases.get(asked) ?? asked;
    const row = this.#gcs.actors.get(id);
    const keeping = this.#keepings.get(id);
    if (row === undefined || keeping === undefined) {
      // Not registered yet: its creation is behind this on its way through the table of templates.
      if (row === undefined) this.#early(asked).push({ incarnation, envelope });
      return;
    }
    if (asked !== id) {
      envelope[3] = id;
      envelope[4] = row.incarnation;
    } else if (incarnation !== row.incarnation) return;
    if (row.state === "ALIVE" && row.place !== undefined) this.#kernel.send(row.place, envelope);
    else keeping.relays.push({ incarnation: row.incarnation, envelope });
  }

  /** A place has gone: its actors are restarted or dead, and those it owned end. */
  placeLost(place: PlaceId, death: Death): void {
    for (const keeping of this.#keepings.values()) keeping.watchers.delete(place);
    this.#settle(this.#gcs.placeLost(place, recordOf(death)), death);
  }

  /** The last handle is gone. */
  outOfScope(id: ActorId): void {
    const target = this.#aliases.get(id);
    if (target !== undefined) {
      this.#aliases.delete(id);
      this.#keepings.get(target)?.aliases?.delete(id);
      this.#options.drop(target, this.#kernel.place);
      return;
    }
    const row = this.#gcs.actors.get(id);
    if (row === undefined || row.detached || row.state === "DEAD") return;
    this.#lose(id, { cause: "out-of-scope", actorId: id }, false, false);
  }

  #register(from: PlaceId, spec: ActorSpec, template: ActorTemplate): void {
    const { options } = template;
    const registered = this.#gcs.actors.register(
      {
        actorId: spec.id,
        jobId: this.#options.jobId,
        className: template.name,
        descriptorId: template.functionId,
        namespace: spec.namespace,
        ...(spec.name === undefined ? {} : { name: spec.name }),
        detached: spec.detached,
        getIfExists: spec.getIfExists,
        maxRestarts: options.maxRestarts,
        resources: options.resources,
        isolation: options.isolation ?? "thread",
        dependenciesReady: spec.needs.length === 0,
      },
      from,
    );
    const early = this.#earlyRelays.get(spec.id) ?? [];
    this.#earlyRelays.delete(spec.id);
    if (registered.outcome === "name_taken") {
      const taken = new ActorNameTakenError({ actorName: spec.name ?? "", namespace: spec.namespace });
      const death = encodeValue({ cause: "start-failed", actorId: spec.id, error: taken }, { met: [] }).bytes;
      this.#tellOne(from, spec.id, ["DEAD", -1, 0, death]);
      return;
    }
    if (registered.outcome === "found") {
      this.#alias(from, spec.id, registered.actor.actorId);
      for (const { incarnation, envelope } of early) this.relay(spec.id, incarnation, envelope);
      return;
    }
    this.#keepings.set(spec.id, { spec, template, watchers: new Set([from]), relays: early, aliases: undefined });
    if (spec.needs.length === 0) this.#place(spec.id);
    else
      this.#options.whenHere(spec.needs, () => {
        this.#gcs.actors.dependenciesReady(spec.id);
        this.#place(spec.id);
      });
  }

  readonly #earlyRelays: Map<ActorId, Relay[]> = new Map();

  #early(id: ActorId): Relay[] {
    let relays = this.#earlyRelays.get(id);
    if (relays === undefined) {
      relays = [];
      this.#earlyRelays.set(id, relays);
    }
    return relays;
  }

  /** The id that the caller made up stands for the actor that has the name. */
  #alias(from: PlaceId, id: ActorId, target: ActorId): void {
    this.#aliases.set(id, target);
    this.#options.hold(target, this.#kernel.place);
    const keeping = this.#keepings.get(target);
    if (keeping !== undefined) this.#watchersOf(keeping, id, target).add(from);
    this.#tellOne(from, id, this.#stateOf(target, id));
  }

  #place(id: ActorId): void {
    const keeping = this.#keepings.get(id);
    const row = this.#gcs.actors.get(id);
    if (keeping === undefined || row === undefined || row.state === "DEAD") return;
    const { spec, template } = keeping;
    const { incarnation } = row;
    this.#options.seats.find({ id, owner: row.owner, template }, (place) => {
      const now = this.#gcs.actors.get(id);
      if (now === undefined || now.incarnation !== incarnation || now.state === "DEAD") {
        this.#options.seats.leave(id, "it is not wanted any more");
        return;
      }
      this.#gcs.actors.assign(id, { incarnation, place, workerId: workerId(place) });
      const { form, data, name, namespace } = spec;
      this.#hostAt(place).createActor({ id, incarnation, owner: row.owner, template: spec.template, form, data, name, namespace });
    }, (error) => this.#lose(id, { cause: "start-failed", actorId: id, error }, true, false));
  }

  #lose(id: ActorId, death: Death, restart: boolean, force: boolean): void {
    const before = this.#gcs.actors.get(id);
    const next = this.#gcs.actors.lose(id, { death: recordOf(death), restart });
    if (next === "stale" || before === undefined) return;
    if (before.place !== undefined) this.#hostAt(before.place).stopActor(id, death.detail ?? death.cause);
    this.#options.seats.leave(id, death.detail ?? "its actor has ended", force);
    this.#moved(id, next, death);
  }

  #settle(fallout: Fallout, death: Death): void {
    for (const stop of fallout.stop) {
      this.#hostAt(stop.place).stopActor(stop.actorId, "its owner died");
      this.#options.seats.leave(stop.actorId, "its owner died");
    }
    for (const id of fallout.restarting) {
      this.#options.seats.leave(id, "its place is gone");
      this.#moved(id, "RESTARTING", death);
    }
    for (const id of fallout.dead) {
      this.#options.seats.leave(id, "its place is gone");
      const row = this.#gcs.actors.get(id);
      this.#moved(id, "DEAD", row?.death?.cause === "owner-died" ? { ...death, cause: "owner-died", actorId: id } : { ...death, actorId: id });
    }
  }

  #moved(id: ActorId, state: "RESTARTING" | "DEAD", death: Death): void {
    if (state === "RESTARTING") {
      this.#tell(id);
      this.#place(id);
      return;
    }
    const encoded = encodeDeath(death);
    this.#remember(id, encoded);
    this.#tell(id);
    const keeping = this.#keepings.get(id);
    this.#keepings.delete(id);
    for (const alias of keeping?.aliases?.keys() ?? []) this.#remember(alias, encoded);
  }

  #remember(id: ActorId, death: Uint8Array): void {
    this.#deaths.set(id, death);
    if (this.#deaths.size > this.#gcs.limits.deadActors) this.#deaths.delete(this.#deaths.keys().next().value as ActorId);
  }

  #tell(id: ActorId): void {
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    const state = this.#stateOf(id);
    for (const watcher of keeping.watchers) this.#tellOne(watcher, id, state);
    for (const [alias, watchers] of keeping.aliases ?? []) {
      const aliased = this.#stateOf(id, alias);
      for (const watcher of watchers) this.#tellOne(watcher, alias, aliased);
    }
  }

  #tellOne(to: PlaceId, id: ActorId, state: ActorStateWire): void {
    this.#kernel.send(to, [ActorNumber.caller, CallerOp.actorState, id, state]);
  }

  #stateOf(id: ActorId, alias?: ActorId): ActorStateWire {
    const row = this.#gcs.actors.get(id);
    if (row === undefined) return ["DEAD", -1, 0, this.#deaths.get(id) ?? encodeDeath({ cause: "unknown", actorId: id, detail: "this node does not know it" })];
    const phase = row.state === "DEPENDENCIES_UNREADY" || row.state === "PENDING_CREATION" ? "PENDING" : row.state;
    const wire: ActorStateWire = [phase, row.place ?? -1, row.incarnation];
    if (phase === "DEAD") wire[3] = this.#deaths.get(id);
    if (alias !== undefined && alias !== id) {
      wire[3] ??= undefined;
      wire[4] = id;
    }
    return wire;
  }

  #watchersOf(keeping: Keeping, id: ActorId, target: ActorId): Set<PlaceId> {
    if (id === target) return keeping.watchers;
    keeping.aliases ??= new Map();
    let watchers = keeping.aliases.get(id);
    if (watchers === undefined) {
      watchers = new Set();
      keeping.aliases.set(id, watchers);
    }
    return watchers;
  }

  #hostAt(place: PlaceId): ReturnType<typeof toldContract<HostContract>> {
    return toldContract<HostContract>(this.#kernel, place, ActorNumber.executor);
  }
}

function encodeDeath(death: Death): Uint8Array {
  try {
    return encodeValue(death, { met: [] }).bytes;
  } catch {
    const { error, ...rest } = death;
    return encodeValue({ ...rest, error: new Error(String(error)) }, { met: [] }).bytes;
  }
}

function recordOf(death: Death): DeathRecord {
  const { error, ...rest } = death;
  if (error === undefined) return rest;
  try {
    return { ...rest, error: encodeValue(error, { met: [] }).bytes };
  } catch {
    return rest;
  }
}

