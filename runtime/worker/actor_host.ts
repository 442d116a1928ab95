import type { Caller } from "../caller/mod.ts";
import { type ActorsContract } from "../contracts/mod.ts";
import { type ActorId, ActorNumber, type PlaceId, systemPlaceOf, type Told, toldContract } from "../kernel/mod.ts";
import type { ArgumentForm } from "../tasks/mod.ts";
import type { MethodCall } from "./actor_mailbox.ts";
import { decodeArguments } from "./argument_decoder.ts";
import { HostedActor } from "./hosted_actor.ts";
import type { PlaceIdentity } from "./identity.ts";
import type { Replies } from "./replies.ts";
import type { AnyClass, TemplateCache } from "./template_cache.ts";

/** What the control store says of an actor that is to live here. */
export interface ActorOrder {
  id: ActorId;
  incarnation: number;
  owner: PlaceId;
  template: number;
  form: ArgumentForm;
  data: unknown;
  name?: string | undefined;
  namespace: string;
}

/** The users' actors that live at this place: one in a worker of its own, or very many light ones. */
export class ActorHost {
  readonly #caller: Caller;
  readonly #templates: TemplateCache;
  readonly #replies: Replies;
  readonly #identity: PlaceIdentity;
  readonly #keeper: Told<ActorsContract>;
  readonly #actors: Map<ActorId, HostedActor> = new Map();
  readonly #nextRun: () => number;

  constructor(options: { caller: Caller; templates: TemplateCache; replies: Replies; identity: PlaceIdentity; nextRun(): number }) {
    this.#caller = options.caller;
    this.#templates = options.templates;
    this.#replies = options.replies;
    this.#identity = options.identity;
    this.#nextRun = options.nextRun;
    this.#keeper = toldContract<ActorsContract>(options.caller.kernel, systemPlaceOf(options.caller.place), ActorNumber.actors);
  }

  /** Brings an actor to life; the control store hears how it went. */
  async create(order: ActorOrder): Promise<void> {
    try {
      const loading = this.#templates.actor(order.owner, order.template);
      const loaded = loading instanceof Promise ? await loading : loading;
      const decoding = decodeArguments(order.form, order.data, this.#caller);
      const args = decoding instanceof Promise ? await decoding : decoding;
      const actor = new HostedActor({
        id: order.id,
        incarnation: order.incarnation,
        name: order.name,
        namespace: order.namespace,
        template: loaded.template,
        caller: this.#caller,
        replies: this.#replies,
        identity: this.#identity,
        nextRun: this.#nextRun,
        onExit: () => {
          this.#actors.delete(order.id);
          this.#keeper.ended(order.id, order.incarnation, "exit");
        },
      });
      actor.construct(() => new (loaded.run as unknown as AnyClass)(...args));
      this.#actors.set(order.id, actor);
      this.#keeper.started(order.id, order.incarnation);
    } catch (error) {
      this.#keeper.started(order.id, order.incarnation, this.#caller.objects.packFault(error).data as Uint8Array);
    }
  }

  /** Ends an actor that lives here without ending the place. */
  stop(id: ActorId, reason: unknown): void {
    this.#actors.get(id)?.stop(reason);
    this.#actors.delete(id);
  }

  call(id: ActorId, incarnation: number, call: MethodCall): void {
    const actor = this.#actors.get(id);
    // A call for an actor that is gone: its caller hears of the death from the control store.
    if (actor === undefined || actor.incarnation !== incarnation) return;
    actor.add(call);
  }

  /** False when no actor here has the call. */
  cancel(owner: PlaceId, sequence: number, recursive: boolean, reason: unknown): boolean {
    for (const actor of this.#actors.values()) {
      const found = actor.cancel(owner, sequence, reason);
      if (found === undefined) continue;
      if (found !== true && recursive) this.#caller.cancelChildren(found.run);
      return true;
    }
    return false;
  }

  consumed(owner: PlaceId, sequence: number, count: number): void {
    for (const actor of this.#actors.values()) actor.consumed(owner, sequence, count);
  }

  get size(): number {
    return this.#actors.size;
  }
}
