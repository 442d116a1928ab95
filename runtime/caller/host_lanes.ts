import { type ActorId, ActorNumber, type Kernel, type PlaceId } from "../kernel/mod.ts";
import type { ActorRecord } from "./actor_record.ts";

/** Where the calls of a record stand in order. It MUST NOT lead to the record, which is to be collected. */
export interface HostLane {
  readonly lane: number;
  place: PlaceId;
  target: ActorId;
  incarnation: number;
}

/**
 * Tells hosts which lanes they need not keep any more. Handles of one actor may come here very many times, one after the
 * other, as with a task each that is given one, and each time its calls have a lane of their own.
 */
export class HostLanes {
  readonly #kernel: Kernel;
  readonly #collected: FinalizationRegistry<HostLane> = new FinalizationRegistry((lane) => this.#ended(lane));

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Calls of this record are where its actor lives now. */
  used(record: ActorRecord): void {
    const { lane, place, target, incarnation } = record;
    if (record.hostLane === undefined) {
      record.hostLane = { lane, place, target, incarnation };
      this.#collected.register(record, record.hostLane, record);
    } else Object.assign(record.hostLane, { place, target, incarnation });
  }

  /** The record has no calls and no handles any more. Whether its lane has ended with that. */
  released(record: ActorRecord): boolean {
    const { hostLane } = record;
    if (hostLane === undefined) return false;
    record.hostLane = undefined;
    this.#collected.unregister(record);
    this.#ended(hostLane);
    return true;
  }

  #ended({ place, target, incarnation, lane }: HostLane): void {
    this.#kernel.send(place, [ActorNumber.executor, "laneEnded", 0, target, incarnation, lane]);
  }
}
