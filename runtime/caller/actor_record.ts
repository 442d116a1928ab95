import type { ActorId, PlaceId } from "../kernel/mod.ts";
import type { Arguments } from "../tasks/mod.ts";
import type { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";

/** What callers need to know of a method; left out where it is an ordinary one. */
export interface MethodMeta {
  numReturns?: number | "streaming";
  concurrencyGroup?: string;
  maxTaskRetries?: number;
  retryExceptions?: boolean | readonly string[];
  generatorBackpressure?: number;
}

/** What callers need to know of an actor; travels with its handle. */
export interface ActorMeta {
  readonly className: string;
  readonly methods: Record<string, MethodMeta>;
  readonly maxTaskRetries: number;
  readonly retryExceptions: boolean | readonly string[];
  readonly maxPendingCalls: number;
}

/** A call that was submitted to an actor and has not ended. */
export interface ActorCall {
  readonly sequence: number;
  readonly method: string;
  readonly arguments: Arguments;
  readonly entries: readonly Entry[];
  readonly stream: ItemStream | undefined;
  readonly numReturns: number;
  readonly concurrencyGroup: string | undefined;
  readonly backpressure: number;
  readonly parent: number | undefined;
  readonly record: ActorRecord;
  /** Kept alive with the call, so that an actor whose handle was dropped still answers. */
  readonly retryExceptions: boolean | readonly string[];
  retriesLeft: number;
  attempt: number;
  incarnation: number;
  stopTimer: (() => void) | undefined;
}

export type ActorPhase = "UNKNOWN" | "PENDING" | "ALIVE" | "RESTARTING" | "DEAD";

/** What a place knows of one actor. Handles point to it; when the last has gone, the place's hold is dropped. */
export class ActorRecord {
  readonly id: ActorId;
  meta: ActorMeta;
  /** Tells this record's calls from those of an earlier record of the same actor at the same place. */
  readonly lane: number;
  /** The actor meant: another than `id` where `getIfExists` found one. */
  target: ActorId;
  phase: ActorPhase;
  place: PlaceId = -1;
  incarnation = 0;
  /** The number of the next call of this place in this incarnation. */
  nextCall = 0;
  /** How the actor died, encoded. */
  death: unknown;
  /** Calls in the order submitted. */
  readonly calls: Map<number, ActorCall> = new Map();
  /** Calls that wait until the actor's state is known. */
  unsent: ActorCall[] = [];
  handles = 0;
  /** What the constructor's arguments refer to. */
  pins: readonly object[] | undefined;
  onLastDisposed: () => void = () => {};

  constructor(id: ActorId, meta: ActorMeta, options: { phase: ActorPhase; lane: number }) {
    this.id = id;
    this.target = id;
    this.lane = options.lane;
    this.meta = meta;
    this.phase = options.phase;
  }
}
