import { CallerOp } from "../../runtime/contracts/mod.ts";
import { ObjectFreedError, ObjectLostError } from "../../runtime/errors/mod.ts";
import { ActorNumber, type Kernel, type ObjectId, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { contextOf, encodeValue, faultPayload, PayloadKind, type PayloadWire, payloadToWire } from "../../runtime/values/mod.ts";
import type { Held } from "./object_record.ts";
import type { Peers } from "./peers.ts";
import type { PullReason } from "./pull_order.ts";
import type { ObjectStore } from "./store.ts";
import { asError } from "./store_errors.ts";
import { DependencyWaits, Waiters } from "./waiters.ts";

export interface AudienceOptions {
  kernel: Kernel;
  peers: Peers;
  store: ObjectStore;
  /** The refs inside a large value. */
  childrenOf(id: ObjectId): readonly string[];
  wasFreed(id: ObjectId): boolean;
}

/** Those who wait for values, and what they are told. A place is one of this node, or stands for another node. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #node: PlaceId;
  /** Places of this node that wait for the value. */
  readonly #getters: Waiters<PlaceId> = new Waiters();
  /** Places of this node, and other nodes, that wait for there being a value. */
  readonly #watchers: Waiters<PlaceId> = new Waiters();
  /** Tasks that wait for their arguments to be here, and others for them to be anywhere. */
  readonly arguments: DependencyWaits = new DependencyWaits();
  readonly available: DependencyWaits = new DependencyWaits();

  constructor(options: AudienceOptions) {
    this.#options = options;
    this.#node = options.kernel.place;
  }

  isNode(place: PlaceId): boolean {
    return systemPlaceOf(place) !== this.#node;
  }

  /** A place of this node is to have the value, as soon as it is here. */
  addGetter(id: ObjectId, place: PlaceId): void {
    this.#getters.add(id, place);
  }

  /** A place, or node, is to be told when there is a value: of a small one, the value. */
  addWatcher(id: ObjectId, place: PlaceId): void {
    this.#watchers.add(id, place);
  }

  /** Why it is to be brought here, the most urgent reason. */
  reasonFor(id: ObjectId): PullReason | undefined {
    if (this.#getters.isWanted(id)) return "get";
    return this.arguments.isWanted(id) ? "argument" : undefined;
  }

  isWatched(id: ObjectId): boolean {
    return this.#watchers.isWanted(id);
  }

  isAwaited(id: ObjectId): boolean {
    return this.#getters.isWanted(id) || this.#watchers.isWanted(id) || this.arguments.isWanted(id) || this.available.isWanted(id);
  }

  /** All that somebody waits for. */
  ids(): Set<ObjectId> {
    return new Set([...this.#getters.ids(), ...this.#watchers.ids(), ...this.arguments.ids(), ...this.available.ids()]);
  }

  /** The value is in this node's store. */
  arrived(id: ObjectId): void {
    for (const place of this.#getters.take(id)) this.sendValue(id, place);
    this.arguments.fulfil(id);
  }

  /** There is a value, somewhere: this is told of it. */
  exists(id: ObjectId, wire: PayloadWire): void {
    for (const place of this.#watchers.take(id)) this.sendPayload(id, place, wire);
  }

  /** All who wait get this, and wait no more. */
  tellAll(id: ObjectId, wire: PayloadWire): void {
    const places = new Set([...this.#getters.take(id), ...this.#watchers.take(id)]);
    for (const place of places) this.sendPayload(id, place, wire);
    this.available.fulfil(id);
    this.arguments.fulfil(id);
  }

  fail(id: ObjectId, error: unknown): void {
    this.tellAll(id, faultWire(error));
  }

  /** The place waits no more. */
  forget(place: PlaceId): void {
    this.#getters.cancelWhere((waiter) => waiter === place);
    this.#watchers.cancelWhere((waiter) => waiter === place);
  }

  /** The value, which is here, to a place of this node; a large one by its buffer, restored if need be. */
  sendValue(id: ObjectId, to: PlaceId): void {
    const held = this.#options.store.get(id, to - this.#node);
    if (held instanceof Promise) {
      held.then(
        (restored) => this.#deliver(id, to, restored),
        (fault) => this.sendPayload(id, to, faultWire(asError(id, fault))),
      );
    } else this.#deliver(id, to, held);
  }

  sendPayload(id: ObjectId, to: PlaceId, wire: PayloadWire): void {
    if (this.isNode(to)) this.#options.peers.tell(to).found(id, wire);
    else this.#options.kernel.send(to, [ActorNumber.caller, CallerOp.object, id, wire]);
  }

  sizes(): Record<string, number> {
    return {
      waiters: this.#getters.size + this.#watchers.size,
      dependencies: this.arguments.size + this.available.size,
    };
  }

  #deliver(id: ObjectId, to: PlaceId, held: Held | undefined): void {
    const { kernel, childrenOf, wasFreed } = this.#options;
    if (held === undefined) {
      const error = wasFreed(id) ? new ObjectFreedError({ objectId: id }) : new ObjectLostError({ objectId: id });
      this.sendPayload(id, to, faultWire(error));
    } else if (held.buffer === undefined) this.sendPayload(id, to, held.inline as PayloadWire);
    else {
      const attachment = kernel.attach(to, held.buffer);
      this.sendPayload(id, to, [PayloadKind.sealed, attachment, held.bytes, childrenOf(id)]);
    }
  }
}

export function faultWire(error: unknown): PayloadWire {
  return payloadToWire(faultPayload(encodeValue(error, contextOf()).bytes));
}
