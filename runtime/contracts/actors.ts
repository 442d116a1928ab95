import type { ActorId, Caller, PlaceId } from "../kernel/mod.ts";
import type { ActorMeta, ArgumentForm } from "../tasks/mod.ts";

/** What the control store says of an actor; `death` of one that is dead or has just died; `target` where another actor has the name that was asked for. */
export type ActorStateWire = [
  state: "PENDING" | "ALIVE" | "RESTARTING" | "DEAD",
  place: PlaceId,
  incarnation: number,
  death?: Uint8Array | undefined,
  target?: ActorId | undefined,
];

/** One actor to be made; the rest is said by its template. There are very many of them. */
export interface ActorSpec {
  readonly id: ActorId;
  /** Its number at the place that creates the actor. */
  readonly template: number;
  readonly form: ArgumentForm;
  readonly data: unknown;
  /** Objects whose values the constructor takes. */
  readonly needs: readonly string[];
  /** Objects and actors that the arguments refer to: they are kept as long as the actor may be made anew. */
  readonly keeps: readonly string[];
}

/** A spec as it travels. */
export type ActorSpecWire = [id: ActorId, template: number, form: ArgumentForm, data: unknown, needs: readonly string[], keeps: readonly string[]];

export interface ActorLookup {
  id: ActorId;
  meta: ActorMeta;
}

/** The control store's keeper of actors. */
export interface ActorsContract {
  /** Registers an actor of the caller's and has it placed; the caller holds it and hears of its states. */
  create(caller: Caller, ...spec: ActorSpecWire): void;
  /** Tells the caller this actor's state now and whenever it changes (`CallerOp.actorState`). */
  watch(caller: Caller, id: ActorId): void;
  /** To a head that has taken over: the id stands for that actor, which has the name that was asked for. */
  alias(caller: Caller, id: ActorId, target: ActorId): void;
  /** The living actor of that name. It lives until the caller has said that it is `held`; a place of the head's own node is counted at once. */
  lookup(caller: Caller, name: string, namespace: string): ActorLookup;
  /** Who had looked the actor up is known to hold it. */
  held(caller: Caller, id: ActorId): void;
  list(caller: Caller, namespace: string | null): { name: string; namespace: string }[];
  kill(caller: Caller, id: ActorId, noRestart: boolean): Promise<void> | void;
  /** From a host: the constructor has run, or has thrown `fault`, or could not be run for it. */
  started(caller: Caller, id: ActorId, incarnation: number, fault?: Uint8Array, cause?: "constructor" | "start-failed"): Promise<void> | void;
  /** From a host: the actor has ended by itself, or has finished there what it had begun and is to be made anew elsewhere. */
  ended(caller: Caller, id: ActorId, incarnation: number, cause: "exit" | "out-of-scope" | "killed" | "moved"): Promise<void> | void;
}
