import { CallerOp, type ObjectsContract } from "../../runtime/contracts/mod.ts";
import {
  ObjectFreedError,
  ObjectLostError,
  ObjectStoreFullError,
  OutOfDiskError,
  OwnerDiedError,
} from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Caller,
  type Clock,
  isActorId,
  type Kernel,
  type ObjectId,
  ownerOf,
  type PlaceId,
} from "../../runtime/kernel/mod.ts";
import { type Accounting, OutOfDiskFault, StoreFullFault } from "../../runtime/memory/mod.ts";
import {
  contextOf,
  encodeValue,
  faultPayload,
  PayloadKind,
  type PayloadWire,
  payloadToWire,
} from "../../runtime/values/mod.ts";
import type { Held } from "./object_record.ts";
import { References } from "./references.ts";
import type { SpillDisk } from "./spill/mod.ts";
import { ObjectStore } from "./store.ts";
import { DependencyWaits, Waiters } from "./waiters.ts";

/**
 * What was lent and nobody holds is let go after this time: a task announces its hold on a ref among its arguments
 * by itself, and its submitter's drop, on another link, may overtake that.
 */
export const RELEASE_GRACE_MS = 50;

export interface ObjectsActorOptions {
  kernel: Kernel;
  clock: Clock;
  accounting: Accounting;
  disk: SpillDisk | undefined;
  /** The last holder of an actor is gone. */
  onActorReleased(id: string): void;
}

/** The node's object manager: keeps what has left its thread, counts its holders, and sends it where it is wanted. */
export class ObjectsActor implements ObjectsContract {
  readonly #kernel: Kernel;
  readonly #node: PlaceId;
  readonly #store: ObjectStore;
  readonly #references: References;
  readonly #waiters: Waiters<PlaceId> = new Waiters();
  readonly #dependencies: DependencyWaits = new DependencyWaits();
  /** Refs inside sealed values; most have none. */
  readonly #children: Map<ObjectId, readonly string[]> = new Map();
  readonly #freed: Set<ObjectId> = new Set();
  /** What places other than its owner's have held or asked for. */
  readonly #lent: Set<string> = new Set();
  readonly #deadPlaces: Set<PlaceId> = new Set();

  constructor(options: ObjectsActorOptions) {
    const { kernel, clock } = options;
    this.#kernel = kernel;
    this.#node = kernel.place;
    this.#store = new ObjectStore({
      accounting: options.accounting,
      clock,
      disk: options.disk,
      events: {
        collect: (places) => this.#tellSlots(places, CallerOp.collect),
        reclaimed: (places) => this.#tellSlots(places, CallerOp.reclaimed),
      },
    });
    this.#references = new References({
      onDead: (ids) => {
        const lent = ids.filter((id) => this.#lent.has(id));
        for (const id of ids) if (!this.#lent.has(id)) this.#release(id, options.onActorReleased);
        if (lent.length === 0) return;
        clock.after(RELEASE_GRACE_MS, () => {
          for (const id of lent) if (!this.#references.has(id)) this.#release(id, options.onActorReleased);
        });
      },
    });
  }

  store(caller: Caller, id: ObjectId, value: PayloadWire): void {
    this.#references.hold(id, caller.from);
    this.resolve(caller, id, value);
  }

  seal(
    caller: Caller,
    id: ObjectId,
    { attachment, slot, size, children, holder }: Parameters<ObjectsContract["seal"]>[2],
  ): void {
    this.#references.hold(id, holder);
    const buffer = caller.attachments[attachment] as SharedArrayBuffer;
    if (!this.#store.seal(id, buffer, { slot, bytes: size, owner: ownerOf(id) })) return;
    if (children.length > 0) {
      this.#children.set(id, children);
      this.#references.setChildren(id, children);
    }
    this.#isHere(id);
  }

  expect(caller: Caller, id: ObjectId): void {
    this.#references.hold(id, caller.from);
    this.#store.expect(id, ownerOf(id));
  }

  resolve(_caller: Caller, id: ObjectId, value: PayloadWire): void {
    if (!this.#store.storeInline(id, value, { bytes: value[2], owner: ownerOf(id) })) return;
    if (value[3] !== undefined && value[3].length > 0) this.#references.setChildren(id, value[3]);
    this.#isHere(id);
  }

  want(caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      if (ownerOf(id) !== caller.from) this.#lent.add(id);
      if (this.#has(id)) this.#send(id, caller.from);
      else if (this.#freed.has(id)) this.#sendFault(id, caller.from, new ObjectFreedError({ objectId: id }));
      else if (this.#deadPlaces.has(ownerOf(id)))
        this.#sendFault(id, caller.from, new OwnerDiedError({ objectId: id }));
      else this.#waiters.add(id, caller.from);
    }
  }

  hold(caller: Caller, ids: readonly string[]): void {
    this.holdFor(caller, ids, caller.from);
  }

  holdFor(_caller: Caller, ids: readonly string[], place: PlaceId): void {
    for (const id of ids) {
      if (ownerOf(id) !== place) this.#lent.add(id);
      this.#references.hold(id, place);
    }
  }

  drop(caller: Caller, ids: readonly string[]): void {
    for (const id of ids) this.#references.drop(id, caller.from);
  }

  free(_caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      this.#freed.add(id);
      this.#store.free(id);
      for (const place of this.#waiters.take(id)) this.#sendFault(id, place, new ObjectFreedError({ objectId: id }));
      this.#dependencies.fulfil(id);
    }
  }

  unmapped(caller: Caller, ids: readonly ObjectId[]): void {
    this.#store.unmapped(this.#slotOf(caller.from), ids);
  }

  needSpace(caller: Caller, pages: number, attachment: number): void {
    this.#store.requestSpace(this.#slotOf(caller.from), {
      pages,
      ticket: caller.attachments[attachment] as SharedArrayBuffer,
    });
  }

  /** Counts a place as a holder, for others of this node's system actors. */
  holdAs(id: string, place: PlaceId): void {
    this.#references.hold(id, place);
  }

  dropAs(id: string, place: PlaceId): void {
    this.#references.drop(id, place);
  }

  /** Calls back once all are here, whatever became of them. */
  whenHere(ids: readonly ObjectId[], action: () => void): () => void {
    for (const id of ids) this.#lent.add(id);
    return this.#dependencies.whenAll(ids, {
      isReady: (id) => this.#has(id) || this.#freed.has(id) || this.#deadPlaces.has(ownerOf(id)),
      onReady: action,
    });
  }

  /** A place is gone: what it held it holds no more, and what it was to make will not come. */
  placeLost(place: PlaceId): void {
    this.#deadPlaces.add(place);
    this.#references.placeDied(place);
    this.#store.placeDied(this.#slotOf(place));
    this.#waiters.cancelWhere((waiter) => waiter === place);
    for (const id of [...this.#waiters.ids()]) {
      if (ownerOf(id) !== place) continue;
      const error = new OwnerDiedError({ objectId: id });
      for (const waiter of this.#waiters.take(id)) this.#sendFault(id, waiter, error);
    }
    this.#dependencies.fulfilWhere((id) => ownerOf(id) === place);
  }

  stats(): ReturnType<ObjectStore["stats"]> {
    return this.#store.stats();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #has(id: ObjectId): boolean {
    const state = this.#store.stateOf(id);
    return state !== undefined && state !== "PENDING" && state !== "FREED" && state !== "LOST";
  }

  #isHere(id: ObjectId): void {
    for (const place of this.#waiters.take(id)) this.#send(id, place);
    this.#dependencies.fulfil(id);
  }

  #send(id: ObjectId, to: PlaceId): void {
    const held = this.#store.get(id, this.#slotOf(to));
    if (held instanceof Promise) {
      held.then(
        (restored) => this.#deliver(id, to, restored),
        (fault) => this.#sendFault(id, to, this.#asError(id, fault)),
      );
    } else this.#deliver(id, to, held);
  }

  #deliver(id: ObjectId, to: PlaceId, held: Held | undefined): void {
    if (held === undefined) {
      const error = this.#freed.has(id)
        ? new ObjectFreedError({ objectId: id })
        : new ObjectLostError({ objectId: id });
      this.#sendFault(id, to, error);
      return;
    }
    const { buffer } = held;
    if (buffer === undefined) {
      this.#kernel.send(to, [ActorNumber.caller, CallerOp.object, id, held.inline]);
      return;
    }
    const attachment = this.#kernel.attach(to, buffer);
    const wire: PayloadWire = [PayloadKind.sealed, attachment, held.bytes, this.#children.get(id) ?? []];
    this.#kernel.send(to, [ActorNumber.caller, CallerOp.object, id, wire]);
  }

  #sendFault(id: ObjectId, to: PlaceId, error: unknown): void {
    const fault = faultPayload(encodeValue(error, contextOf()).bytes);
    this.#kernel.send(to, [ActorNumber.caller, CallerOp.object, id, payloadToWire(fault)]);
  }

  #asError(objectId: ObjectId, fault: unknown): unknown {
    if (fault instanceof StoreFullFault) return storeFullError(fault);
    if (fault instanceof OutOfDiskFault) return outOfDiskError(fault);
    return new ObjectLostError({ objectId, reason: (fault as Error).message, cause: fault });
  }

  #release(id: string, onActorReleased: (id: string) => void): void {
    this.#lent.delete(id);
    if (isActorId(id)) {
      onActorReleased(id);
      return;
    }
    this.#children.delete(id);
    this.#freed.delete(id);
    this.#store.free(id);
  }

  #tellSlots(slots: number[], op: number): void {
    for (const slot of slots) if (slot !== 0) this.#kernel.send(this.#node + slot, [ActorNumber.caller, op]);
  }

  #slotOf(place: PlaceId): number {
    return place - this.#node;
  }
}

export function storeFullError(fault: StoreFullFault): ObjectStoreFullError {
  const { neededBytes, capacityBytes, usedBytes } = fault;
  return new ObjectStoreFullError({ requestedBytes: neededBytes, usedBytes, capacityBytes, cause: fault });
}

export function outOfDiskError(fault: OutOfDiskFault): OutOfDiskError {
  return new OutOfDiskError({ requestedBytes: fault.neededBytes, cause: fault });
}
