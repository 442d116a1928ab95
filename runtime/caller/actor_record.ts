import type { ActorSpec } from "../contracts/mod.ts";
import { ActorNotFoundError } from "../errors/mod.ts";
import type { ActorId, PlaceId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import type { ActorMeta } from "../tasks/mod.ts";
import type { Run } from "./derivation.ts";
import { currentEra } from "./era.ts";
import type { HostLane } from "./host_lanes.ts";

/** What is called, and how: what a call has in common with one that makes its lost results again. */
export interface CallForm {
  readonly method: string;
  readonly numReturns: number;
  readonly concurrencyGroup: string | undefined;
  readonly backpressure: number;
  /** What it retries, where the call itself says so. */
  readonly retryExceptions: boolean | readonly string[] | undefined;
  readonly maxTaskRetries: number;
}

/** A call that was submitted to an actor and has not ended. */
export interface ActorCall extends Run {
  readonly form: CallForm;
  readonly parent: number | undefined;
  /** Kept alive with the call, so that an actor whose handle was dropped still answers. */
  readonly record: ActorRecord;
  /** Whether it has been sent to an incarnation that may still answer; else it waits for news of the actor. */
  sent: boolean;
  /** Its number in the record's lane as it was sent last, or `OUT_OF_ORDER`. */
  order: number;
  /** Whether it was sent by way of the control store. */
  relayed: boolean;
}

export type ActorPhase = "UNKNOWN" | "PENDING" | "ALIVE" | "RESTARTING" | "DEAD";

/** What a place knows of one actor. Handles point to it; when the last has gone, the place's hold is dropped. */
export class ActorRecord implements Pin {
  readonly id: ActorId;
  meta: ActorMeta;
  /** Tells this record's calls from those of an earlier record of the same actor at the same place. */
  lane: number;
  /** That lane, of a record that came from elsewhere and was called through. */
  hostLane: HostLane | undefined;
  /** Whether the actor's handle came from elsewhere. */
  adopted = false;
  /** The actor meant: another than `id` where `getIfExists` found one. */
  target: ActorId;
  phase: ActorPhase;
  place: PlaceId = -1;
  incarnation = 0;
  /** The number of the next call of this place in this incarnation. */
  nextCall = 0;
  /** Calls with lower numbers were sent by way of the control store, which may have been lost with them. */
  relayed = 0;
  relaysLost = false;
  /** What it is to be made from, until the control store has said that it is made. */
  spec: ActorSpec | undefined;
  /** The last incarnation that was killed from here. */
  killed = -1;
  /** How the actor died last, encoded. */
  death: unknown = undefined;
  handles = 0;
  readonly #era: number = currentEra();
  /** Calls that have not ended, by sequence, in the order submitted. Most of very many actors have none, or one. */
  #calls: ActorCall | Map<number, ActorCall> | undefined;
  readonly #onUnused: (record: ActorRecord) => void;

  /** `onUnused` hears when neither handles nor calls are left; what the collector takes it does not hear of. */
  constructor(id: ActorId, meta: ActorMeta, options: { phase: ActorPhase; lane: number; onUnused: (record: ActorRecord) => void }) {
    this.id = id;
    this.target = id;
    this.lane = options.lane;
    this.meta = meta;
    this.phase = options.phase;
    this.#onUnused = options.onUnused;
  }

  /** @throws ActorNotFoundError when its session has ended: the next may have another actor of that id */
  assertCurrent(): void {
    if (this.#era !== currentEra()) throw new ActorNotFoundError({ actorId: this.id });
  }

  get pending(): number {
    return this.#calls instanceof Map ? this.#calls.size : this.#calls === undefined ? 0 : 1;
  }

  calls(): ActorCall[] {
    if (this.#calls instanceof Map) return [...this.#calls.values()];
    return this.#calls === undefined ? [] : [this.#calls];
  }

  add(call: ActorCall): void {
    const calls = this.#calls;
    if (calls === undefined) this.#calls = call;
    else if (calls instanceof Map) calls.set(call.sequence, call);
    else {
      this.#calls = new Map([
        [calls.sequence, calls],
        [call.sequence, call],
      ]);
    }
  }

  remove(call: ActorCall): void {
    const calls = this.#calls;
    if (calls instanceof Map) {
      if (!calls.delete(call.sequence) || calls.size > 0) return;
    } else if (calls?.sequence !== call.sequence) return;
    this.#calls = undefined;
    if (this.handles === 0) this.#onUnused(this);
  }

  /** Its calls are numbered from 0 on. */
  restart(): void {
    this.nextCall = 0;
    this.relayed = 0;
    this.relaysLost = false;
  }

  hold(): void {
    this.handles++;
  }

  letGo(): void {
    if (--this.handles === 0 && this.pending === 0) this.#onUnused(this);
  }
}
