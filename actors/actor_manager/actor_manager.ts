import { type ActorLookup, type ActorSpec, type ActorSpecWire, type ActorsContract, ExecutorOp } from "../../runtime/contracts/mod.ts";
import { ActorNameTakenError, ActorNotFoundError, type Death } from "../../runtime/errors/mod.ts";
import {
  type ActorId,
  type Caller,
  type Clock,
  type Envelope,
  goneWith,
  HEAD_NODE,
  HEAD_PLACE,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  SYSTEM_SLOT,
  workerId,
} from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { decodeError } from "../../runtime/values/mod.ts";
import type { Fallout, Gcs } from "../gcs/mod.ts";
import { ActorMoves } from "./actor_moves.ts";
import { ActorNews } from "./actor_news.ts";
import { ActorPlacing } from "./actor_placing.ts";
import { ActorSuccession } from "./actor_succession.ts";
import { type Alias, redirect } from "./alias.ts";
import { AwaitedCreations } from "./awaited_creations.ts";
import type { ClusterSeats } from "./cluster_seats.ts";
import { rowOf } from "./creation.ts";
import { Hosts } from "./hosts.ts";
import { Keeping } from "./keeping.ts";
import { encodeDeath, LastWords, placed, recordOf } from "./last_words.ts";
import { Lookups } from "./lookups.ts";

export interface ActorManagerOptions {
  kernel: Kernel;
  gcs: Gcs;
  seats: Pick<ClusterSeats, "find" | "settled" | "leave" | "adopt" | "free">;
  clock: Clock;
  template(owner: PlaceId, number: number): ActorTemplate | Promise<ActorTemplate>;
  /** Calls back once all these objects are on this node. */
  whenHere(ids: readonly string[], action: () => void): void;
  /** Counts `place` as a holder of the actor, as handles do. */
  hold(id: ActorId, place: PlaceId): void;
  drop(id: ActorId, place: PlaceId): void;
  isHeld(id: ActorId): boolean;
  /** A template that was kept with an actor. */
  learn(template: ActorTemplate): void;
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
  readonly #placing: ActorPlacing;
  readonly #news: ActorNews;
  readonly #lookups: Lookups;
  /** What there is to do when this head has taken over from another. */
  readonly succession: ActorSuccession;

  constructor(options: ActorManagerOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
    this.#kernel = options.kernel;
    this.#hosts = new Hosts(options.kernel);
    this.#news = new ActorNews({ ...options, keepings: this.#keepings, deaths: () => this.#deaths });
    this.succession = new ActorSuccession({
      ...options,
      keepings: this.#keepings,
      hosts: this.#hosts,
      begin: (spec) => this.#begin(spec),
      place: (id) => this.#placing.place(id),
      lose: (id, death, restart) => this.#lose(id, death, restart, false),
      started: (place, id, incarnation) => void this.started({ from: place, attachments: [] }, id, incarnation),
      outOfScope: (id) => this.outOfScope(id),
    });
    this.#placing = new ActorPlacing({
      ...options,
      keepings: this.#keepings,
      hosts: this.#hosts,
      failed: (id, death, restart) => this.#lose(id, death, restart, false),
    });
    this.#moves = new ActorMoves({ ...options, hosts: this.#hosts, tell: (id) => this.#news.tell(id), place: (id) => this.#placing.place(id) });
    this.#lookups = new Lookups({ hold: (id) => options.hold(id, HEAD_PLACE), drop: (id) => options.drop(id, HEAD_PLACE) });
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
    const refuse = (error: unknown): void => {
      this.#refuse(caller.from, spec, error);
      this.#awaited.known(id);
    };
    try {
      const known = this.#options.template(caller.from, template);
      // At once where it can be: who created an actor may ask for it by name in the same turn.
      if (!(known instanceof Promise)) return register(known);
      this.#awaited.coming(id);
      known.then(register).catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  watch(caller: Caller, id: ActorId): void {
    if (this.#isUnknown(id)) {
      this.#awaited.wait(id, () => this.watch(caller, id));
      return;
    }
    const target = this.#targetOf(id);
    const keeping = this.#keepings.get(target);
    if (keeping !== undefined) keeping.watch(id, caller.from);
    this.#news.tellOne(caller.from, id, this.#news.stateOf(target, id));
  }

  lookup(caller: Caller, name: string, namespace: string): ActorLookup {
    const row = this.#gcs.actors.byName(namespace, name);
    const keeping = row && this.#keepings.get(row.actorId);
    if (row === undefined || keeping === undefined) throw new ActorNotFoundError({ actorName: name, namespace });
    if (this.#isOurs(caller.from)) this.#options.hold(row.actorId, caller.from);
    else this.#lookups.found(row.actorId, caller.from);
    return { id: row.actorId, meta: keeping.template.meta };
  }

  held(caller: Caller, id: ActorId): void {
    this.#lookups.held(id, caller.from);
  }

  /** A place of a node that is the head for good. */
  #isOurs(place: PlaceId): boolean {
    return nodeOf(place) === HEAD_NODE;
  }

  list(_caller: Caller, namespace: string | null): { name: string; namespace: string }[] {
    return this.#gcs.actors.named(namespace ?? undefined).map(({ name, namespace: at }) => ({ name, namespace: at }));
  }

  kill(caller: Caller, asked: ActorId, noRestart: boolean): Promise<void> | undefined {
    if (this.#isUnknown(asked)) return new Promise((resolve) => this.#awaited.wait(asked, () => resolve(this.kill(caller, asked, noRestart))));
    const id = this.#targetOf(asked);
    const row = this.#gcs.actors.row(id);
    // It may be dead so long that it is forgotten.
    if (row === undefined || row.state === "DEAD") return undefined;
    this.#lose(id, { cause: "killed", actorId: id, detail: "kill() was called" }, !noRestart, true);
    return this.#gcs.settled();
  }

  alias(caller: Caller, id: ActorId, target: ActorId): void {
    const row = this.#gcs.actors.row(target);
    if (row !== undefined && !this.#aliases.has(id)) this.#alias(caller.from, id, row);
    else this.watch(caller, row === undefined ? target : id);
  }

  started(
    caller: Caller,
    id: ActorId,
    incarnation: number,
    fault?: Uint8Array,
    cause: "constructor" | "start-failed" = "constructor",
  ): Promise<void> | undefined {
    const row = this.#gcs.actors.row(id);
    if (row === undefined || row.incarnation !== incarnation || row.state === "DEAD") {
      this.#hosts.at(caller.from).stopActor(id, incarnation, "it is not wanted any more");
      return undefined;
    }
    // It was known.
    if (fault === undefined && row.state === "ALIVE" && row.place === caller.from) return undefined;
    if (fault !== undefined) {
      this.#lose(id, { cause, actorId: id, workerId: workerId(caller.from), error: decodeError(fault) }, false, false);
      return this.#gcs.settled();
    }
    this.#gcs.actors.alive(id, this.#placing.seatAt(caller.from, incarnation));
    this.#options.seats.settled(id);
    // Those who hear that it lives need not ask for it again when another head takes over.
    const settled = this.#gcs.settled();
    if (settled === undefined) this.#lives(id, incarnation);
    else return settled.then(() => this.#lives(id, incarnation));
    return undefined;
  }

  ended(_caller: Caller, id: ActorId, incarnation: number, cause: "exit" | "out-of-scope" | "killed" | "moved"): Promise<void> | undefined {
    const row = this.#gcs.actors.row(id);
    if (cause === "moved") this.#moves.left(id, incarnation);
    else if (row?.incarnation === incarnation) this.#lose(id, { cause, actorId: id, detail: "exitActor() was called" }, false, false);
    return this.#gcs.settled();
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

  /** A place has gone, and whoever had looked for actors there. */
  placeLost(place: PlaceId): void {
    this.#forget(place);
    this.#lookups.placeLost(place);
  }

  /** The same of a node. */
  nodeLost(node: NodeNumber): void {
    this.#forget(placeId(node, SYSTEM_SLOT));
    this.#lookups.nodeLost(node);
  }

  /** Nothing is told to a place that is gone, or to one of a node that is. */
  #forget(lost: PlaceId): void {
    const isGone = goneWith(lost);
    this.#hosts.forget(isGone);
    for (const keeping of this.#keepings.values()) keeping.forget(isGone);
  }

  /** The control store has ended actors with something that they depended on. */
  fallen(fallout: Fallout): void {
    this.#settle(fallout);
  }

  /** The last handle is gone. */
  outOfScope(id: ActorId): void {
    const alias = this.#aliases.get(id);
    if (alias !== undefined) {
      this.#aliases.delete(id);
      this.#keepings.get(alias.target)?.aliases?.delete(id);
      this.#options.drop(alias.target, HEAD_PLACE);
      return;
    }
    const row = this.#gcs.actors.row(id);
    if (row === undefined || row.detached || row.state === "DEAD") return;
    this.#lose(id, { cause: "out-of-scope", actorId: id }, false, false);
  }

  /** It lives, and whoever waits for it hears so. */
  #lives(id: ActorId, incarnation: number): void {
    const row = this.#gcs.actors.row(id);
    if (row?.incarnation !== incarnation || row.state !== "ALIVE" || row.place === undefined) return;
    this.#deaths.forget(id);
    this.#news.tell(id);
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    keeping.lives();
    for (const relay of keeping.release()) if (relay.incarnation === incarnation) this.#kernel.send(row.place, relay.envelope);
  }

  #register(from: PlaceId, spec: ActorSpec, template: ActorTemplate): void {
    const { options } = template;
    const namespace = options.namespace ?? template.namespace;
    const registered = this.#gcs.actors.register({ ...rowOf({ spec, template }, this.#gcs.lasting), namespace }, from);
    if (registered.outcome === "name_taken") {
      const taken = new ActorNameTakenError({ actorName: options.name ?? "", namespace });
      this.#refuse(from, spec, taken);
      return;
    }
    // Told again, to another head than the one that had heard it.
    if (registered.outcome === "found" && registered.actor.actorId === spec.id) {
      this.watch({ from, attachments: [] }, spec.id);
      return;
    }
    if (registered.outcome === "found") {
      this.#unneeded(from, spec);
      this.#alias(from, spec.id, registered.actor);
      return;
    }
    const keeping = new Keeping(spec, template, from);
    this.#keepings.set(spec.id, keeping);
    // A creator on another node has had them held in this place's name.
    if (this.#isOurs(from)) for (const kept of spec.keeps) this.#options.hold(kept, HEAD_PLACE);
    this.#begin(spec);
  }

  /** Finds it a place, once what its constructor takes is there. */
  #begin({ id, needs }: Pick<ActorSpec, "id" | "needs">): void {
    if (needs.length === 0) this.#placing.place(id);
    else
      this.#options.whenHere(needs, () => {
        this.#gcs.actors.dependenciesReady(id);
        this.#placing.place(id);
      });
  }

  /** Neither alive nor dead: its creation may be on its way, on another link than what is asked of it. */
  #isUnknown(id: ActorId): boolean {
    return !this.#aliases.has(id) && !this.#deaths.has(id) && this.#gcs.actors.row(id) === undefined;
  }

  /** The id that the caller made up stands for the actor that has the name. */
  #alias(from: PlaceId, id: ActorId, { actorId: target, incarnation }: { actorId: ActorId; incarnation: number }): void {
    this.#aliases.set(id, { target, incarnation });
    this.#options.hold(target, HEAD_PLACE);
    const keeping = this.#keepings.get(target);
    if (keeping !== undefined) keeping.watch(id, from);
    this.#news.tellOne(from, id, this.#news.stateOf(target, id));
  }

  #targetOf(id: ActorId): ActorId {
    return this.#aliases.get(id)?.target ?? id;
  }

  /** A creator on another node has had held in this place's name what the actor, which will not be made, was to keep. */
  #unneeded(creator: PlaceId, { keeps }: ActorSpec): void {
    if (!this.#isOurs(creator)) for (const kept of keeps) this.#options.drop(kept, HEAD_PLACE);
  }

  /** There will be no such actor. */
  #refuse(to: PlaceId, spec: ActorSpec, error: unknown): void {
    const { id } = spec;
    this.#unneeded(to, spec);
    const death = encodeDeath({ cause: "start-failed", actorId: id, error });
    this.#deaths.keep(id, death);
    this.#news.tellOne(to, id, ["DEAD", -1, 0, death]);
  }

  #lose(id: ActorId, death: Death, restart: boolean, force: boolean): void {
    // As they are before the loss: the row is the live one.
    const { place, incarnation = 0, jobId, nodeId, workerId } = this.#gcs.actors.row(id) ?? {};
    const end = placed(death, { nodeId, workerId }, this.#options.clock.now());
    const record = recordOf(end);
    const next = this.#gcs.actors.lose(id, { death: record, restart });
    if (next === "stale" || jobId === undefined) return;
    if ((record.error?.byteLength ?? 0) > this.#gcs.limits.deathErrorBytes) this.#deaths.keep(id, encodeDeath(end));
    if (next === "DEAD") this.#gcs.functions.release(jobId);
    if (place !== undefined) this.#hosts.at(place).stopActor(id, incarnation, death.detail ?? death.cause);
    this.#options.seats.leave(id, death.detail ?? "its actor has ended", force);
    this.#moved(id, next);
  }

  #settle(fallout: Fallout): void {
    for (const stop of fallout.stop) {
      this.#hosts.at(stop.place).stopActor(stop.actorId, stop.incarnation, "its owner died");
      this.#options.seats.leave(stop.actorId, "its owner died");
    }
    for (const [ids, state] of [
      [fallout.restarting, "RESTARTING"],
      [fallout.dead, "DEAD"],
    ] as const) {
      for (const id of ids) {
        this.#options.seats.leave(id, "its place is gone");
        this.#moved(id, state);
      }
    }
  }

  #moved(id: ActorId, state: "RESTARTING" | "DEAD"): void {
    this.#news.tell(id);
    if (state === "RESTARTING") {
      this.#placing.placeLater(id);
      return;
    }
    const keeping = this.#keepings.get(id);
    if (keeping === undefined) return;
    this.#keepings.delete(id);
    const [, , , death] = this.#news.stateOf(id);
    if (death !== undefined) for (const alias of keeping.aliases?.keys() ?? []) this.#deaths.keep(alias, death);
    for (const kept of keeping.keeps) this.#options.drop(kept, HEAD_PLACE);
  }
}
