import {
  type ActorLookup,
  type ActorSpec,
  type ActorSpecWire,
  type ActorStateWire,
  type ActorsContract,
  CallerOp,
  ExecutorOp,
} from "../../runtime/contracts/mod.ts";
import { ActorNameTakenError, ActorNotFoundError, type Death } from "../../runtime/errors/mod.ts";
import {
  type ActorId,
  ActorNumber,
  type Caller,
  type Clock,
  type Envelope,
  type Kernel,
  nodeOf,
  type PlaceId,
  workerId,
} from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { decodeValue } from "../../runtime/values/mod.ts";
import type { ActorSeat, Fallout, Gcs } from "../gcs/mod.ts";
import { ActorMoves } from "./actor_moves.ts";
import { type Alias, redirect } from "./alias.ts";
import { AwaitedCreations } from "./awaited_creations.ts";
import type { ClusterSeats } from "./cluster_seats.ts";
import { Hosts } from "./hosts.ts";
import { Keeping } from "./keeping.ts";
import { encodeDeath, LastWords, placed, recordOf } from "./last_words.ts";
import { isRefusal, placementOf } from "./placement.ts";

export interface ActorManagerOptions {
  kernel: Kernel;
  gcs: Gcs;
  seats: Pick<ClusterSeats, "find" | "settled" | "leave">;
  clock: Clock;
  template(owner: PlaceId, number: number): ActorTemplate | Promise<ActorTemplate>;
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
  readonly #aliases: Map<ActorId, Alias> = new Map();
  readonly #deaths: LastWords;
  readonly #awaited: AwaitedCreations;
  readonly #hosts: Hosts;
  readonly #moves: ActorMoves;

  constructor(options: ActorManagerOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
    this.#kernel = options.kernel;
    this.#hosts = new Hosts(options.kernel);
    this.#moves = new ActorMoves({ ...options, hosts: this.#hosts, tell: (id) => this.#tell(id), place: (id) => this.#place(id) });
    this.#deaths = new LastWords(options.gcs.limits.deadActors);
    this.#awaited = new AwaitedCreations({
      clock: options.clock,
      onExpired: (id) => {
        if (this.#isUnknown(id)) this.#deaths.keep(id, encodeDeath({ cause: "unknown", actorId: id, detail: "this node does not know it" }));
      },
    });
  }

  create(caller: Caller, ...[id, template, form, data, needs, keeps]: ActorSpecWire): void {
    // A place of another node has had its own node say so before.
    if (this.#isOurs(caller.from)) this.#options.hold(id, caller.from);
    const spec: ActorSpec = { id, template, form, data, needs, keeps };
    const register = (found: ActorTemplate): void => {
      this.#register(caller.from, spec, found);
      this.#awaited.known(id);
    };
    const known = this.#options.template(caller.from, template);
    // At once where it can be: who created an actor may ask for it by name in the same turn.
    if (!(known instanceof Promise)) return register(known);
    this.#awaited.coming(id);
    known.then(register).catch((error) => {
      this.#refuse(caller.from, id, error);
      this.#awaited.known(id);
    });
  }

  watch(caller: Caller, id: ActorId): void {
    if (this.#isUnknown(id)) {
      this.#awaited.wait(id, () => this.watch(caller, id));
      return;
    }
    const target = this.#targetOf(id);
    const keeping = this.#keepings.get(target);
    if (keeping !== undefined) keeping.watch(id, caller.from);
    this.#tellOne(caller.from, id, this.#stateOf(target, id));
  }

  lookup(caller: Caller, name: string, namespace: string): ActorLookup {
    const row = this.#gcs.actors.byName(namespace, name);
    const keeping = row && this.#keepings.get(row.actorId);
    if (row === undefined || keeping === undefined) throw new ActorNotFoundError({ actorName: name, namespace });
    if (this.#isOurs(caller.from)) this.#options.hold(row.actorId, caller.from);
    else this.#holdForALookup(row.actorId);
    return { id: row.actorId, meta: keeping.template.meta };
  }

  #isOurs(place: PlaceId): boolean {
    return nodeOf(place) === nodeOf(this.#kernel.place);
  }

  /** Who asks from another node says by itself that it holds the actor: it must live until that is here. */
  #holdForALookup(id: ActorId): void {
    this.#options.hold(id, this.#kernel.place);
    this.#options.clock.after(LOOKUP_HOLD_MS, () => this.#options.drop(id, this.#kernel.place));
  }

  list(_caller: Caller, namespace: string | null): { name: string; namespace: string }[] {
    return this.#gcs.actors.named(namespace ?? undefined).map(({ name, namespace: at }) => ({ name, namespace: at }));
  }

  kill(caller: Caller, asked: ActorId, noRestart: boolean): void {
    if (this.#isUnknown(asked)) {
      this.#awaited.wait(asked, () => this.kill(caller, asked, noRestart));
      return;
    }
    const id = this.#targetOf(asked);
    const row = this.#gcs.actors.row(id);
    // It may be dead so long that it is forgotten.
    if (row === undefined || row.state === "DEAD") return;
    this.#lose(id, { cause: "killed", actorId: id, detail: "kill() was called" }, !noRestart, true);
  }

  started(caller: Caller, id: ActorId, incarnation: number, fault?: Uint8Array, cause: "constructor" | "start-failed" = "constructor"): void {
    const row = this.#gcs.actors.row(id);
    if (row === undefined || row.incarnation !== incarnation || row.state === "DEAD") {
      this.#hosts.at(caller.from).stopActor(id, "it is not wanted any more");
      return;
    }
    if (fault !== undefined) {
      this.#lose(id, { cause, actorId: id, workerId: workerId(caller.from), error: decodeValue(fault) }, false, false);
      return;
    }
    this.#gcs.actors.alive(id, this.#seatAt(caller.from, incarnation));
    this.#options.seats.settled(id);
    this.#tell(id);
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    keeping.lives();
    for (const relay of keeping.release()) if (relay.incarnation === incarnation) this.#kernel.send(caller.from, relay.envelope);
  }

  ended(_caller: Caller, id: ActorId, incarnation: number, cause: "exit" | "out-of-scope" | "killed" | "moved"): void {
    const row = this.#gcs.actors.row(id);
    if (cause === "moved") this.#moves.left(id, incarnation);
    else if (row?.incarnation === incarnation) this.#lose(id, { cause, actorId: id, detail: "exitActor() was called" }, false, false);
  }

  /** The node takes nothing new: its actors that may be made anew go elsewhere, each as soon as nothing runs in it. */
  vacate(nodeId: string): void {
    this.#moves.vacate(nodeId);
  }

  /** Something for an actor's host from a place that does not know where the actor lives. */
  relay(asked: ActorId, incarnation: number, envelope: Envelope): void {
    if (this.#isUnknown(asked)) {
      this.#awaited.wait(asked, () => this.relay(asked, incarnation, envelope));
      return;
    }
    const alias = this.#aliases.get(asked);
    const id = alias?.target ?? asked;
    const row = this.#gcs.actors.row(id);
    const keeping = this.#keepings.get(id);
    if (row === undefined || keeping === undefined) return;
    const meant = alias !== undefined && redirect(envelope, asked, alias) ? alias.incarnation : incarnation;
    // What was meant for an earlier incarnation its caller sends again, or not, when it hears of the loss.
    if (meant !== row.incarnation) return;
    if (row.state === "ALIVE" && row.place !== undefined) this.#kernel.send(row.place, envelope);
    // Word that a call is not wanted any more must be there before the call can begin.
    else keeping.hold({ incarnation: meant, envelope }, envelope[1] === ExecutorOp.cancel);
  }

  /** A place has gone: its actors are restarted or dead, and those it owned end. */
  placeLost(place: PlaceId, death: Death): void {
    this.#hosts.forget(place);
    for (const keeping of this.#keepings.values()) keeping.forget(place);
    this.#settle(this.#gcs.placeLost(place, recordOf(death)), death);
  }

  /** The control store has ended actors with something that they depended on. */
  fallen(fallout: Fallout, death: Death): void {
    this.#settle(fallout, death);
  }

  /** The last handle is gone. */
  outOfScope(id: ActorId): void {
    const alias = this.#aliases.get(id);
    if (alias !== undefined) {
      this.#aliases.delete(id);
      this.#keepings.get(alias.target)?.aliases?.delete(id);
      this.#options.drop(alias.target, this.#kernel.place);
      return;
    }
    const row = this.#gcs.actors.row(id);
    if (row === undefined || row.detached || row.state === "DEAD") return;
    this.#lose(id, { cause: "out-of-scope", actorId: id }, false, false);
  }

  #register(from: PlaceId, spec: ActorSpec, template: ActorTemplate): void {
    const { options } = template;
    const namespace = options.namespace ?? template.namespace;
    const registered = this.#gcs.actors.register(
      {
        actorId: spec.id,
        jobId: template.jobId,
        className: template.name,
        descriptorId: template.functionId,
        namespace,
        ...(options.name === undefined ? {} : { name: options.name }),
        detached: options.detached,
        getIfExists: options.getIfExists,
        maxRestarts: options.maxRestarts,
        resources: options.resources,
        isolation: options.isolation ?? "thread",
        ...placementOf(options.schedulingStrategy),
        dependenciesReady: spec.needs.length === 0,
      },
      from,
    );
    if (registered.outcome === "name_taken") {
      const taken = new ActorNameTakenError({ actorName: options.name ?? "", namespace });
      this.#refuse(from, spec.id, taken);
      return;
    }
    if (registered.outcome === "found") {
      this.#alias(from, spec.id, registered.actor);
      return;
    }
    const keeping = new Keeping(spec, template, from);
    this.#keepings.set(spec.id, keeping);
    // A creator on another node has had them held in this place's name.
    if (this.#isOurs(from)) for (const kept of spec.keeps) this.#options.hold(kept, this.#kernel.place);
    if (spec.needs.length === 0) this.#place(spec.id);
    else
      this.#options.whenHere(spec.needs, () => {
        this.#gcs.actors.dependenciesReady(spec.id);
        this.#place(spec.id);
      });
  }

  /** Neither alive nor dead: its creation may be on its way, on another link than what is asked of it. */
  #isUnknown(id: ActorId): boolean {
    return !this.#aliases.has(id) && !this.#deaths.has(id) && this.#gcs.actors.row(id) === undefined;
  }

  /** The id that the caller made up stands for the actor that has the name. */
  #alias(from: PlaceId, id: ActorId, { actorId: target, incarnation }: { actorId: ActorId; incarnation: number }): void {
    this.#aliases.set(id, { target, incarnation });
    this.#options.hold(target, this.#kernel.place);
    const keeping = this.#keepings.get(target);
    if (keeping !== undefined) keeping.watch(id, from);
    this.#tellOne(from, id, this.#stateOf(target, id));
  }

  #targetOf(id: ActorId): ActorId {
    return this.#aliases.get(id)?.target ?? id;
  }

  /** There will be no such actor. */
  #refuse(to: PlaceId, id: ActorId, error: unknown): void {
    const death = encodeDeath({ cause: "start-failed", actorId: id, error });
    this.#deaths.keep(id, death);
    this.#tellOne(to, id, ["DEAD", -1, 0, death]);
  }

  #place(id: ActorId): void {
    const keeping = this.#keepings.get(id);
    const row = this.#gcs.actors.row(id);
    if (keeping === undefined || row === undefined || row.state === "DEAD") return;
    const { template } = keeping;
    const { incarnation } = row;
    this.#options.seats.find(
      { id, owner: row.owner, template },
      (place) => {
        const now = this.#gcs.actors.row(id);
        if (now === undefined || now.incarnation !== incarnation || now.state === "DEAD") {
          this.#options.seats.leave(id, "it is not wanted any more");
          return;
        }
        this.#gcs.actors.assign(id, this.#seatAt(place, incarnation));
        const { form, data } = keeping;
        this.#hosts.at(place).createActor(id, incarnation, row.owner, template.number, form, data);
      },
      (error) => this.#lose(id, { cause: "start-failed", actorId: id, error }, !isRefusal(error), false),
    );
  }

  #seatAt(place: PlaceId, incarnation: number): ActorSeat {
    const { nodeId } = this.#gcs.nodes.byNumber(nodeOf(place)) ?? {};
    return { incarnation, place, workerId: workerId(place), ...(nodeId !== undefined && { nodeId }) };
  }

  /** Makes the actor anew, but not over and over without a pause while it dies before it lives. */
  #placeLater(id: ActorId): void {
    const delay = this.#keepings.get(id)?.restartDelay() ?? 0;
    if (delay === 0) {
      this.#place(id);
      return;
    }
    const incarnation = this.#gcs.actors.row(id)?.incarnation;
    this.#options.clock.after(delay, () => {
      if (this.#gcs.actors.row(id)?.incarnation === incarnation) this.#place(id);
    });
  }

  #lose(id: ActorId, death: Death, restart: boolean, force: boolean): void {
    const before = this.#gcs.actors.row(id);
    const next = this.#gcs.actors.lose(id, { death: recordOf(death), restart });
    if (next === "stale" || before === undefined) return;
    if (next === "DEAD") this.#gcs.functions.release(before.jobId);
    if (before.place !== undefined) this.#hosts.at(before.place).stopActor(id, death.detail ?? death.cause);
    this.#options.seats.leave(id, death.detail ?? "its actor has ended", force);
    this.#moved(id, next, death);
  }

  #settle(fallout: Fallout, death: Death): void {
    for (const stop of fallout.stop) {
      this.#hosts.at(stop.place).stopActor(stop.actorId, "its owner died");
      this.#options.seats.leave(stop.actorId, "its owner died");
    }
    for (const id of fallout.restarting) {
      this.#options.seats.leave(id, "its place is gone");
      this.#moved(id, "RESTARTING", death);
    }
    for (const id of fallout.dead) {
      this.#options.seats.leave(id, "its place is gone");
      const row = this.#gcs.actors.row(id);
      this.#moved(id, "DEAD", row?.death?.cause === "owner-died" ? { ...death, cause: "owner-died", actorId: id } : { ...death, actorId: id });
    }
  }

  #moved(id: ActorId, state: "RESTARTING" | "DEAD", death: Death): void {
    if (state === "RESTARTING") {
      this.#tell(id);
      this.#placeLater(id);
      return;
    }
    const encoded = encodeDeath(placed(death, this.#gcs.actors.row(id), this.#options.clock.now()));
    this.#deaths.keep(id, encoded);
    this.#tell(id);
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    this.#keepings.delete(id);
    for (const alias of keeping.aliases?.keys() ?? []) this.#deaths.keep(alias, encoded);
    for (const kept of keeping.keeps) this.#options.drop(kept, this.#kernel.place);
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
    const row = this.#gcs.actors.row(id);
    if (row === undefined)
      return ["DEAD", -1, 0, this.#deaths.of(id) ?? encodeDeath({ cause: "unknown", actorId: id, detail: "this node does not know it" })];
    const phase = row.state === "DEPENDENCIES_UNREADY" || row.state === "PENDING_CREATION" ? "PENDING" : row.state;
    const wire: ActorStateWire = [phase, row.place ?? -1, row.incarnation];
    if (phase === "DEAD") wire[3] = this.#deaths.of(id);
    if (alias !== undefined && alias !== id) {
      wire[3] ??= undefined;
      wire[4] = id;
    }
    return wire;
  }
}

/** How long an actor that was looked up from another node is held for whoever asked. */
const LOOKUP_HOLD_MS = 10_000;
