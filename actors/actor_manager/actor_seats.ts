import type { ActorId, PlaceId } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { LocalScheduler, NodeResources, WorkerKind } from "../scheduler/mod.ts";
import type { WorkerPool } from "../workers/mod.ts";

export interface SeatRequest {
  readonly id: ActorId;
  readonly owner: PlaceId;
  readonly template: ActorTemplate;
}

interface Seat {
  readonly place: PlaceId;
  /** The worker is the actor's alone and ends with it. */
  readonly alone: boolean;
  /** Held until the constructor has run, then less, until the actor ends. */
  held: ResourceSet;
  readonly keeps: ResourceSet;
}

interface Waiting {
  readonly request: SeatRequest;
  readonly found: (place: PlaceId) => void;
  readonly failed: (error: unknown) => void;
}

export interface ActorSeatsOptions {
  scheduler: LocalScheduler;
  resources: NodeResources;
  pool: WorkerPool;
  isolation: "thread" | "process";
  /** Threads that host light actors, at most. */
  sharedHosts: number;
  infeasible(request: SeatRequest, demand: ResourceSet): void;
}

/** Finds places for actors: a worker of its own, a thread shared by light actors, or the owner's own thread. */
export class ActorSeats {
  readonly #options: ActorSeatsOptions;
  readonly #seats: Map<ActorId, Seat> = new Map();
  #waiting: Waiting[] = [];
  readonly #hosts: { place: Promise<PlaceId>; at: PlaceId }[] = [];
  #nextHost = 0;

  constructor(options: ActorSeatsOptions) {
    this.#options = options;
  }

  /** Calls `found` with a place once there are resources and a worker; `failed` when no worker can be started. */
  find(request: SeatRequest, found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    this.#waiting.push({ request, found, failed });
    this.retry();
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
    this.#options.scheduler.release(held.subtract(keeps.fits(held) ? keeps : ResourceSet.EMPTY));
  }

  /** The actor's seat is free; a worker of its own ends. */
  leave(id: ActorId, detail: string, force = false): void {
    this.#waiting = this.#waiting.filter((entry) => entry.request.id !== id);
    const seat = this.#seats.get(id);
    if (seat === undefined) return;
    this.#seats.delete(id);
    if (!seat.held.isEmpty) this.#options.scheduler.release(seat.held);
    if (!seat.alone) return;
    if (force) this.#options.pool.kill(seat.place, detail);
    else this.#options.pool.retire(seat.place, detail);
  }

  /** A worker is gone; light actors need another host. */
  placeLost(place: PlaceId): void {
    const at = this.#hosts.findIndex((host) => host.at === place);
    if (at >= 0) this.#hosts.splice(at, 1);
  }

  get waiting(): readonly SeatRequest[] {
    return this.#waiting.map((entry) => entry.request);
  }

  #seat({ request, found, failed }: Waiting): boolean {
    const { scheduler, resources, pool } = this.#options;
    const { options } = request.template;
    const isolation = options.isolation ?? this.#options.isolation;
    const needs = ResourceSet.from(options.placementResources);
    const keeps = ResourceSet.from(options.resources);
    const light = isolation === "shared" || isolation === "inline";
    // Light actors that state no resources are not held up by the one CPU that placing a worker asks for.
    const demand = light && keeps.isEmpty ? keeps : needs;
    if (!resources.feasible(demand)) {
      this.#options.infeasible(request, demand);
      return false;
    }
    if (!demand.isEmpty && !scheduler.reserve(demand)) return false;
    const sit = (place: PlaceId, alone: boolean): void => {
      this.#seats.set(request.id, { place, alone, held: demand, keeps });
      found(place);
    };
    const fail = (error: unknown): void => {
      scheduler.release(demand);
      failed(error);
    };
    if (isolation === "inline") sit(request.owner, false);
    else if (isolation === "shared") this.#sharedHost((place) => sit(place, false), fail);
    else {
      const kind: WorkerKind = isolation === "process" ? "process" : "thread";
      const environment = JSON.stringify(options.runtimeEnv ?? null);
      const ready = scheduler.takeWorker(kind, environment);
      if (ready !== undefined) {
        pool.dedicate(ready);
        sit(ready, true);
      } else pool.acquire(kind, environment).then((place) => sit(place, true), fail);
    }
    return true;
  }

  #sharedHost(found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const slot = this.#nextHost++ % this.#options.sharedHosts;
    let host = this.#hosts[slot];
    if (host === undefined) {
      const made: { place: Promise<PlaceId>; at: PlaceId } = { place: this.#options.pool.acquire("thread", "null"), at: -1 };
      host = made;
      this.#hosts[slot] = made;
      made.place.then((place) => {
        made.at = place;
      }, () => this.#hosts.splice(this.#hosts.indexOf(made), 1));
    }
    if (host.at >= 0) found(host.at);
    else host.place.then(found, failed);
  }
}
