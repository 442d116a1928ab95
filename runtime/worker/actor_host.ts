import type { Caller } from "../caller/mod.ts";
import type { ActorsContract } from "../contracts/mod.ts";
import {
  type ActorId,
  ActorNumber,
  goneWith,
  HEAD_PLACE,
  type PlaceId,
  type Remote,
  remoteContract,
  type Told,
  toldContract,
} from "../kernel/mod.ts";
import type { ActorTemplate, ArgumentForm } from "../tasks/mod.ts";
import type { MethodCall, SkippedNumbers } from "./actor_mailbox.ts";
import { decodeArguments } from "./argument_decoder.ts";
import { type ActorHome, HostedActor } from "./hosted_actor.ts";
import type { PlaceIdentity } from "./identity.ts";
import type { Replies } from "./replies.ts";
import type { AnyClass, Loaded, TemplateCache } from "./template_cache.ts";
import { Turns } from "./turns.ts";
import { showDevices } from "./visible_devices.ts";

/** What an actor that moves has replied last must be with its callers before they hear, on another way, that it moves. */
const LAST_REPLIES_MS = 200;

/** What the control store says of an actor that is to live here. */
export interface ActorOrder {
  id: ActorId;
  incarnation: number;
  owner: PlaceId;
  template: number;
  form: ArgumentForm;
  data: unknown;
}

/** An actor at a place. */
export type Hosted = readonly [id: ActorId, incarnation: number];

/** The users' actors that live at this place: one in a worker of its own, or very many light ones. */
export class ActorHost {
  readonly #caller: Caller;
  readonly #templates: TemplateCache;
  readonly #home: ActorHome;
  readonly #keeper: Pick<Told<ActorsContract>, "started">;
  /** What cannot be told again later is asked: of another head again, if need be. */
  readonly #asked: Pick<Remote<ActorsContract>, "started" | "ended">;
  readonly #actors: Map<ActorId, HostedActor> = new Map();
  /** Actors whose class or arguments have yet to come, and their incarnations. */
  readonly #coming: Map<ActorId, number> = new Map();
  /** The GPUs of actors that are to come. */
  readonly #equipment: Map<ActorId, readonly string[]> = new Map();

  constructor(options: {
    caller: Caller;
    templates: TemplateCache;
    replies: Replies;
    identity: PlaceIdentity;
    nextRun(): number;
  }) {
    const { caller, templates, replies, identity, nextRun } = options;
    this.#caller = caller;
    this.#templates = templates;
    this.#home = {
      caller,
      replies,
      identity,
      turns: new Turns(caller.clock, () => caller.kernel.flush()),
      nextRun,
      exited: (actor) => {
        this.#actors.delete(actor.id);
        void this.#asked.ended(actor.id, actor.incarnation, "exit").catch(() => {});
      },
      // Until it is stopped it goes on sending back what comes.
      vacated: ({ id, incarnation }) =>
        void caller.clock.after(LAST_REPLIES_MS, () => void this.#asked.ended(id, incarnation, "moved").catch(() => {})),
    };
    this.#keeper = toldContract<ActorsContract>(caller.kernel, HEAD_PLACE, ActorNumber.actors);
    this.#asked = remoteContract<ActorsContract>(caller.kernel, HEAD_PLACE, ActorNumber.actors);
  }

  /** Brings an actor to life; the control store hears how it went. */
  create(order: ActorOrder): void {
    if (this.#actors.get(order.id)?.incarnation === order.incarnation || this.#coming.get(order.id) === order.incarnation) return;
    this.#coming.set(order.id, order.incarnation);
    const loading = this.#templates.actor(order.owner, order.template);
    if (loading instanceof Promise)
      loading.then(
        (loaded) => this.#decode(order, loaded),
        (error) => this.#unstarted(order, error),
      );
    else this.#decode(order, loading);
  }

  /** The GPUs of an actor that is to be created here next. `alone`: so is the whole worker. */
  equip(id: ActorId, { ids, alone }: { ids: readonly string[]; alone: boolean }): void {
    this.#equipment.set(id, ids);
    if (alone) showDevices(ids);
  }

  /** Ends an actor that lives here, or is about to, without ending the place. The next incarnation may be here already. */
  stop(id: ActorId, incarnation: number, reason: unknown): void {
    if (this.#coming.get(id) === incarnation) {
      this.#coming.delete(id);
      this.#equipment.delete(id);
    }
    const actor = this.#actors.get(id);
    if (actor?.incarnation !== incarnation) return;
    actor.stop(reason);
    this.#actors.delete(id);
  }

  /** Has an actor finish what it has begun, and begin nothing more. */
  vacate(id: ActorId, incarnation: number): void {
    const actor = this.#actors.get(id);
    if (actor?.incarnation === incarnation) actor.vacate();
  }

  call(id: ActorId, incarnation: number, call: MethodCall): void {
    const actor = this.#actors.get(id);
    // A call for an actor that is gone: its caller hears of the death from the control store.
    if (actor === undefined || actor.incarnation !== incarnation) return;
    actor.add(call);
  }

  /** Some numbers of a lane will not be used. */
  skip(id: ActorId, incarnation: number, numbers: SkippedNumbers): void {
    const actor = this.#actors.get(id);
    if (actor?.incarnation === incarnation) actor.skip(numbers);
  }

  /** Drops a call that waits, or tells one that runs. */
  cancel(id: ActorId, call: { owner: PlaceId; sequence: number; recursive: boolean; reason: unknown }): void {
    const stopChildren = call.recursive ? (run: number): void => this.#caller.cancelChildren(run) : undefined;
    this.#actors.get(id)?.cancel(call.owner, call.sequence, { reason: call.reason, stopChildren });
  }

  consumed(id: ActorId, owner: PlaceId, sequence: number, count: number): void {
    this.#actors.get(id)?.consumed(owner, sequence, count);
  }

  laneEnded(id: ActorId, incarnation: number, { owner, lane }: { owner: PlaceId; lane: number }): void {
    const actor = this.#actors.get(id);
    if (actor?.incarnation === incarnation) actor.laneEnded(owner, lane);
  }

  /** A place is gone, or with a system worker's place its whole node. */
  ownerLost(lost: PlaceId): void {
    const reason = new DOMException("the call was cancelled: the worker that made it is gone", "AbortError");
    const isGone = goneWith(lost);
    for (const actor of this.#actors.values()) actor.ownerLost(isGone, reason);
  }

  /** Those included that are about to live here. */
  get size(): number {
    return this.#actors.size + this.#coming.size;
  }

  /** Another keeps the actors: it hears which live here, of which the one before may not have heard. */
  succeeded(): void {
    for (const { id, incarnation } of this.#actors.values()) this.#keeper.started(id, incarnation);
  }

  list(): { living: Hosted[]; coming: Hosted[] } {
    return { living: Array.from(this.#actors.values(), ({ id, incarnation }): Hosted => [id, incarnation]), coming: [...this.#coming] };
  }

  #decode(order: ActorOrder, loaded: Loaded<ActorTemplate>): void {
    const failed = (error: unknown): void => this.#unstarted(order, error);
    try {
      const args = decodeArguments(order.form, order.data, this.#caller);
      if (args instanceof Promise) args.then((ready) => this.#construct(order, loaded, ready), failed);
      else this.#construct(order, loaded, args);
    } catch (error) {
      failed(error);
    }
  }

  #construct(order: ActorOrder, loaded: Loaded<ActorTemplate>, args: unknown[]): void {
    if (!this.#came(order)) return;
    const acceleratorIds = this.#equipment.get(order.id);
    this.#equipment.delete(order.id);
    const actor = new HostedActor({ ...order, acceleratorIds }, loaded, this.#home);
    try {
      actor.construct(() => new (loaded.run as unknown as AnyClass)(...args));
    } catch (error) {
      this.#failed(order, error, "constructor");
      return;
    }
    this.#actors.set(order.id, actor);
    this.#keeper.started(order.id, order.incarnation);
  }

  #unstarted(order: ActorOrder, error: unknown): void {
    if (this.#came(order)) this.#failed(order, error, "start-failed");
  }

  /** What the actor is made from is here, or cannot be had. False when it was stopped meanwhile. */
  #came({ id, incarnation }: ActorOrder): boolean {
    return this.#coming.get(id) === incarnation && this.#coming.delete(id);
  }

  #failed(order: ActorOrder, error: unknown, cause: "constructor" | "start-failed"): void {
    void this.#asked.started(order.id, order.incarnation, this.#home.replies.packError(error), cause).catch(() => {});
  }
}
