import type { ActorId, Clock, PlaceId } from "../../runtime/kernel/mod.ts";
import { environmentKey } from "../../runtime/options/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { AcceleratorIds, Admission, Candidate, LocalScheduler, NodeResources, Running, WorkerKind } from "../scheduler/mod.ts";
import type { WorkerPool } from "../workers/mod.ts";
import { SharedHosts } from "./shared_hosts.ts";

export interface SeatRequest {
  readonly id: ActorId;
  readonly owner: PlaceId;
  readonly template: ActorTemplate;
  /** The cluster has chosen this node: it need not be asked again. */
  readonly placed?: boolean;
}

interface Seat {
  readonly place: PlaceId;
  /** The worker is the actor's alone and ends with it. */
  readonly alone: boolean;
  readonly request: SeatRequest;
  /** When it was given. Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** What the actor's share is taken from: the node, or a bundle of a placement group. */
  readonly room: NodeResources;
  /** Held until the constructor has run, then less, until the actor ends. */
  held: ResourceSet;
  readonly keeps: ResourceSet;
  /** The GPUs among that. */
  readonly acceleratorIds: readonly string[];
}

/** What all the actors of one template ask for. */
interface Wants {
  readonly isolation: "thread" | "process" | "shared" | "inline";
  readonly demand: ResourceSet;
  readonly placement: Candidate["placement"];
  readonly keeps: ResourceSet;
}

interface Waiting {
  readonly request: SeatRequest;
  readonly wants: Wants;
  readonly candidate: Candidate;
  readonly found: (place: PlaceId) => void;
  readonly failed: (error: unknown) => void;
}

export interface ActorSeatsOptions {
  scheduler: LocalScheduler;
  admission: Admission;
  pool: WorkerPool;
  accelerators: AcceleratorIds;
  /** Tells a place which GPUs the actor has that is created there next; `alone`: so has its whole worker. */
  equip(place: PlaceId, id: ActorId, equipment: { ids: readonly string[]; alone: boolean }): void;
  isolation: "thread" | "process";
  clock: Clock;
  /** How many actors live at a place. */
  hosted(place: PlaceId): Promise<number>;
  /** Workers that host light actors, at most, for each environment. */
  sharedHosts: number;
}

/** A node that was chosen for an actor has no room for it, and has had none for so long. Milliseconds. */
const STRANDED_MS = 500;
export class NoRoom extends Error {}

/** Finds places for actors: a worker of its own, a thread shared by light actors, or the owner's own thread. */
export class ActorSeats {
  readonly #options: ActorSeatsOptions;
  readonly #seats: Map<ActorId, Seat> = new Map();
  /** Actors that have resources and whose worker is still to come. */
  readonly #coming: Map<ActorId, { left: boolean }> = new Map();
  readonly #wants: WeakMap<ActorTemplate, Wants> = new WeakMap();
  #waiting: Waiting[] = [];
  readonly #sharedHosts: SharedHosts;

  constructor(options: ActorSeatsOptions) {
    this.#options = options;
    const { pool, clock, hosted, sharedHosts: limit } = options;
    this.#sharedHosts = new SharedHosts({ pool, clock, hosted, limit });
  }

  /**
   * Calls `found` with a place once there are resources and a worker; `failed` when no worker can be started, or with
   * `NoRoom` where something else has taken what was free when this node was chosen. Neither after the actor has left.
   */
  find(request: SeatRequest, found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const wants = this.#wantsOf(request.template);
    const { demand, placement } = wants;
    const entry: Waiting = { request, wants, candidate: { demand, placement }, found, failed };
    if (this.#seat(entry)) return;
    this.#waiting.push(entry);
    // What names a node or a placement group would only come here again.
    if (request.placed !== true || typeof placement.schedulingStrategy === "object") return;
    this.#options.clock.after(STRANDED_MS, () => this.#refuse(entry, new NoRoom("what was free has been taken")));
  }

  /** Whether the actor has a seat here, or is about to. */
  has(id: ActorId): boolean {
    return this.#seats.has(id) || this.#coming.has(id);
  }

  /** Takes out what waits here because no other node was known when it came. */
  takeUnplaced(): { request: SeatRequest; found: (place: PlaceId) => void; failed: (error: unknown) => void }[] {
    const unplaced = this.#waiting.filter(({ request }) => request.placed !== true);
    this.#waiting = this.#waiting.filter(({ request }) => request.placed === true);
    for (const { candidate } of unplaced) this.#options.admission.forget(candidate);
    return unplaced;
  }

  isInline(template: ActorTemplate): boolean {
    return this.#wantsOf(template).isolation === "inline";
  }

  /** What the actors of a template ask for when they are to be placed. */
  placementOf(template: ActorTemplate): Candidate["placement"] {
    return this.#wantsOf(template).placement;
  }

  /** Resources may have become free. */
  retry(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) if (!this.#seat(entry)) this.#waiting.push(entry);
  }

  /** The actor's constructor has run: what was needed only for placing it is free again. */
  settled(id: ActorId): void {
    const seat = this.#seats.get(id);
    if (seat === undefined || seat.held === seat.keeps) return;
    const { held, keeps } = seat;
    seat.held = keeps;
    this.#options.scheduler.release(seat.room, held.subtract(keeps.fits(held) ? keeps : ResourceSet.EMPTY));
  }

  /** The actor's seat is free; a worker of its own ends. */
  leave(id: ActorId, detail: string, force = false): void {
    const waited = this.#waiting.find((entry) => entry.request.id === id);
    if (waited !== undefined) {
      this.#waiting = this.#waiting.filter((entry) => entry !== waited);
      this.#options.admission.forget(waited.candidate);
    }
    const coming = this.#coming.get(id);
    if (coming !== undefined) coming.left = true;
    this.#coming.delete(id);
    const seat = this.#seats.get(id);
    if (seat?.alone !== true) this.#sharedHosts.left();
    if (seat === undefined) return;
    this.#seats.delete(id);
    this.#options.accelerators.give(seat.acceleratorIds, seat.keeps.get("GPU"));
    if (!seat.held.isEmpty) this.#options.scheduler.release(seat.room, seat.held);
    if (!seat.alone) return;
    if (force) this.#options.pool.kill(seat.place, detail);
    else this.#options.pool.retire(seat.place, detail);
  }

  /** Who has seats at these places. */
  at(places: ReadonlySet<PlaceId>): [id: ActorId, place: PlaceId][] {
    return Array.from(this.#seats).flatMap(([id, { place }]) => (places.has(place) ? [[id, place]] : []));
  }

  /** Frees the seats of all other actors, but for those at places of which nobody knows who lives there. */
  keepOnly(ids: ReadonlySet<ActorId>, unknown: ReadonlySet<PlaceId>): void {
    for (const [id, { place }] of [...this.#seats]) if (!unknown.has(place) && !ids.has(id)) this.leave(id, "it is not wanted any more");
  }

  /** A worker is gone; light actors need another host. */
  placeLost(place: PlaceId): void {
    this.#sharedHosts.placeLost(place);
  }

  /** The workers that run actors, each as one: light actors that share one are not known singly, and count as not to be restarted. */
  running(): Running[] {
    const own = [...this.#seats.values()].filter(({ alone }) => alone);
    const alone = own.map(({ place, request: { owner, template }, sinceMs }): Running => {
      return { place, owner, sinceMs, name: template.name, retriable: template.options.maxRestarts !== 0 };
    });
    return [...alone, ...this.#sharedHosts.running()];
  }

  get waiting(): readonly SeatRequest[] {
    return this.#waiting.map((entry) => entry.request);
  }

  #seat(waiting: Waiting): boolean {
    const { request, candidate, found, failed } = waiting;
    const { scheduler, admission, pool, accelerators, equip } = this.#options;
    const { isolation, demand, keeps } = waiting.wants;
    if (request.placed !== true && !admission.admits(candidate, (error) => this.#refuse(waiting, error))) return false;
    const gpus = demand.get("GPU");
    if (!accelerators.has(gpus)) {
      scheduler.makeRoom();
      return false;
    }
    const room = scheduler.reserve(candidate);
    if (room === undefined) return false;
    // Of a light actor that holds nothing and whose host is up nothing is kept here.
    const host = isolation === "shared" && demand.isEmpty ? this.#sharedHosts.take(request.template.options.runtimeEnv) : undefined;
    if (host !== undefined) {
      found(host);
      return true;
    }
    const acceleratorIds = accelerators.take(gpus);
    const coming = { left: false };
    this.#coming.set(request.id, coming);
    const giveUp = (): void => {
      accelerators.give(acceleratorIds, gpus);
      scheduler.release(room, demand);
    };
    const sit = (place: PlaceId, alone: boolean): void => {
      if (coming.left) {
        giveUp();
        if (alone) pool.retire(place, "its actor has ended");
        else this.#sharedHosts.left();
        return;
      }
      this.#coming.delete(request.id);
      // A light actor that holds nothing leaves nothing behind.
      if (alone || !demand.isEmpty)
        this.#seats.set(request.id, { place, alone, request, sinceMs: this.#options.clock.now(), room, held: demand, keeps, acceleratorIds });
      if (gpus > 0) equip(place, request.id, { ids: acceleratorIds, alone });
      found(place);
    };
    const fail = (error: unknown): void => {
      giveUp();
      if (coming.left) return;
      this.#coming.delete(request.id);
      failed(error);
    };
    if (isolation === "inline") sit(request.owner, false);
    else if (isolation === "shared") this.#sharedHosts.find(request.template.options.runtimeEnv, (place) => sit(place, false), fail);
    else {
      const kind: WorkerKind = isolation === "process" ? "process" : "thread";
      const environment = environmentKey(request.template.options.runtimeEnv);
      const ready = scheduler.takeWorker(kind, environment);
      if (ready !== undefined) {
        pool.dedicate(ready);
        sit(ready, true);
      } else pool.acquire(kind, environment).then((place) => sit(place, true), fail);
    }
    return true;
  }

  #wantsOf(template: ActorTemplate): Wants {
    let wants = this.#wants.get(template);
    if (wants === undefined) {
      const { options, name } = template;
      const { placementResources, schedulingStrategy, labelSelector, fallbackStrategy } = options;
      const isolation = options.isolation ?? this.#options.isolation;
      const light = isolation === "shared" || isolation === "inline";
      const keeps = ResourceSet.from(options.resources);
      // Light actors that state no resources are not held up by the one CPU that placing a worker asks for.
      const resources = light && keeps.isEmpty ? {} : placementResources;
      const placement: Candidate["placement"] = {
        kind: "actor",
        name,
        resources,
        schedulingStrategy,
        labelSelector,
        fallbackStrategy,
      };
      wants = { isolation, demand: ResourceSet.from(resources), placement, keeps };
      this.#wants.set(template, wants);
    }
    return wants;
  }

  /** No node can ever have it. */
  #refuse(refused: Waiting, error: unknown): void {
    const at = this.#waiting.indexOf(refused);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    refused.failed(error);
  }
}
