import type { ActorId, PlaceId } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { Admission, Candidate, LocalScheduler, NodeResources, WorkerKind } from "../scheduler/mod.ts";
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
  /** What the actor's share is taken from: the node, or a bundle of a placement group. */
  readonly room: NodeResources;
  /** Held until the constructor has run, then less, until the actor ends. */
  held: ResourceSet;
  readonly keeps: ResourceSet;
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
  isolation: "thread" | "process";
  /** Threads that host light actors, at most. */
  sharedHosts: number;
}

/** Finds places for actors: a worker of its own, a thread shared by light actors, or the owner's own thread. */
export class ActorSeats {
  readonly #options: ActorSeatsOptions;
  readonly #seats: Map<ActorId, Seat> = new Map();
  readonly #wants: WeakMap<ActorTemplate, Wants> = new WeakMap();
  #waiting: Waiting[] = [];
  /** Threads of light actors, by number. */
  readonly #hosts: Map<number, { place: Promise<PlaceId>; at: PlaceId }> = new Map();
  #nextHost = 0;

  constructor(options: ActorSeatsOptions) {
    this.#options = options;
  }

  /** Calls `found` with a place once there are resources and a worker; `failed` when no worker can be started. */
  find(request: SeatRequest, found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const wants = this.#wantsOf(request.template);
    const { demand, placement } = wants;
    const entry: Waiting = { request, wants, candidate: { demand, placement }, found, failed };
    if (!this.#seat(entry)) this.#waiting.push(entry);
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
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((entry) => entry.request.id !== id);
    const seat = this.#seats.get(id);
    if (seat === undefined) return;
    this.#seats.delete(id);
    if (!seat.held.isEmpty) this.#options.scheduler.release(seat.room, seat.held);
    if (!seat.alone) return;
    if (force) this.#options.pool.kill(seat.place, detail);
    else this.#options.pool.retire(seat.place, detail);
  }

  /** A worker is gone; light actors need another host. */
  placeLost(place: PlaceId): void {
    for (const [slot, host] of this.#hosts) if (host.at === place) this.#hosts.delete(slot);
  }

  get waiting(): readonly SeatRequest[] {
    return this.#waiting.map((entry) => entry.request);
  }

  #seat(waiting: Waiting): boolean {
    const { request, candidate, found, failed } = waiting;
    const { scheduler, admission, pool } = this.#options;
    const { isolation, demand, keeps } = waiting.wants;
    if (!admission.admits(candidate, (error) => this.#refuse(waiting, error))) return false;
    const room = scheduler.reserve(candidate);
    if (room === undefined) return false;
    const sit = (place: PlaceId, alone: boolean): void => {
      // A light actor that holds nothing leaves nothing behind.
      if (alone || !demand.isEmpty) this.#seats.set(request.id, { place, alone, room, held: demand, keeps });
      found(place);
    };
    const fail = (error: unknown): void => {
      scheduler.release(room, demand);
      failed(error);
    };
    if (isolation === "inline") sit(request.owner, false);
    else if (isolation === "shared") this.#sharedHost((place) => sit(place, false), fail);
    else {
      const kind: WorkerKind = isolation === "process" ? "process" : "thread";
      const environment = JSON.stringify(request.template.options.runtimeEnv ?? null);
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

  #sharedHost(found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const slot = this.#nextHost++ % this.#options.sharedHosts;
    let host = this.#hosts.get(slot);
    if (host === undefined) {
      const made: { place: Promise<PlaceId>; at: PlaceId } = {
        place: this.#options.pool.acquire("thread", "null"),
        at: -1,
      };
      host = made;
      this.#hosts.set(slot, made);
      made.place.then(
        (place) => {
          made.at = place;
        },
        () => this.#hosts.delete(slot),
      );
    }
    if (host.at >= 0) found(host.at);
    else host.place.then(found, failed);
  }
}
