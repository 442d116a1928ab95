import { CallerOp, type ObjectsContract } from "../../runtime/contracts/mod.ts";
import { ObjectFreedError, ObjectLostError, ObjectStoreFullError, OutOfDiskError, OwnerDiedError } from "../../runtime/errors/mod.ts";
import { ActorNumber, type Caller, type Clock, isActorId, type Kernel, type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { type Accounting, OutOfDiskFault, StoreFullFault } from "../../runtime/memory/mod.ts";
import { PRIVATE_SLOT } from "../../runtime/place/mod.ts";
import type { Announced } from "../../runtime/references/mod.ts";
import { contextOf, encodeValue, faultPayload, PayloadKind, type PayloadWire, payloadToWire } from "../../runtime/values/mod.ts";
import { DropOrder } from "./drop_order.ts";
import type { Held } from "./object_record.ts";
import { References } from "./references.ts";
import type { SpillDisk } from "./spill/mod.ts";
import { ObjectStore } from "./store.ts";
import type { StoreStats } from "./store_report.ts";
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

/** A large value in a buffer of the store's. */
interface Sealed {
  readonly slot: number;
  readonly size: number;
  readonly children: readonly string[];
  readonly holder: PlaceId;
}

/** The node's object manager: keeps what has left its thread, counts its holders, and sends it where it is wanted. */
export class ObjectsActor implements ObjectsContract {
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #onActorReleased: (id: string) => void;
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
  readonly #drops: DropOrder = new DropOrder((place, ids) => {
    for (const id of ids) this.#references.drop(id, place);
  });

  constructor(options: ObjectsActorOptions) {
    const { kernel, clock } = options;
    this.#kernel = kernel;
    this.#clock = clock;
    this.#onActorReleased = options.onActorReleased;
    this.#node = kernel.place;
    this.#store = new ObjectStore({
      accounting: options.accounting,
      clock,
      disk: options.disk,
      events: {
        collect: () => this.#collect(),
        reclaimed: (places) => this.#tellSlots(places, CallerOp.reclaimed),
      },
    });
    this.#references = new References({
      onDead: (ids) => {
        const lent = ids.filter((id) => this.#lent.has(id));
        for (const id of ids) if (!this.#lent.has(id)) this.#release(id);
        if (lent.length > 0) clock.after(RELEASE_GRACE_MS, () => this.#releaseUnheld(lent));
      },
    });
  }

  store(caller: Caller, id: ObjectId, value: PayloadWire): void {
    this.#references.hold(id, caller.from);
    this.#accept(id, value);
  }

  seal(caller: Caller, id: ObjectId, { attachment, slot, size, children, holder }: Parameters<ObjectsContract["seal"]>[2]): void {
    this.#references.hold(id, holder);
    const buffer = caller.attachments[attachment] as SharedArrayBuffer;
    const sealed = { slot, size, children, holder };
    if (slot === PRIVATE_SLOT) void this.#copyIn(id, buffer, sealed);
    else this.#sealed(id, buffer, sealed);
  }

  /** A value that comes from a process, in memory that is not the store's. */
  async #copyIn(id: ObjectId, buffer: SharedArrayBuffer, { size, children, holder }: Sealed): Promise<void> {
    this.#store.expect(id, ownerOf(id));
    try {
      const block = await this.#store.allocate(size);
      new Uint8Array(block.buffer).set(new Uint8Array(buffer, 0, size));
      this.#sealed(id, block.buffer, { slot: block.slot, size, children, holder });
    } catch (fault) {
      this.#accept(id, payloadToWire(faultPayload(encodeValue(this.#asError(id, fault), contextOf()).bytes)));
    }
  }

  #sealed(id: ObjectId, buffer: SharedArrayBuffer, { slot, size, children, holder }: Sealed): void {
    if (!this.#store.seal(id, buffer, { slot, bytes: size, owner: ownerOf(id) })) {
      // Made twice, as by a task that was tried again: it is counted once.
      this.#references.drop(id, holder);
      return;
    }
    if (this.#freed.has(id)) {
      this.#store.free(id);
      return;
    }
    if (children.length > 0) {
      this.#children.set(id, children);
      this.#references.setChildren(id, children);
    }
    this.#isHere(id);
    // Its holder died, and nobody else has it.
    if (!this.#references.has(id)) this.#release(id);
  }

  expect(caller: Caller, id: ObjectId): void {
    this.#references.hold(id, caller.from);
    this.#store.expect(id, ownerOf(id));
  }

  resolve(_caller: Caller, id: ObjectId, value: PayloadWire): void {
    this.#accept(id, value);
    // From a worker, when nobody needs it any more or its owner has yet to be heard of.
    if (!this.#references.has(id)) this.#clock.after(RELEASE_GRACE_MS, () => this.#releaseUnheld([id]));
  }

  #accept(id: ObjectId, value: PayloadWire): void {
    if (this.#freed.has(id)) return;
    if (!this.#store.storeInline(id, value, { bytes: value[2], owner: ownerOf(id) })) return;
    if (value[3] !== undefined && value[3].length > 0) this.#references.setChildren(id, value[3]);
    this.#isHere(id);
  }

  sent(): void {}

  want(caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      if (ownerOf(id) !== caller.from) this.#lend(id);
      if (this.#has(id)) this.#send(id, caller.from);
      else if (this.#freed.has(id)) this.#sendFault(id, caller.from, new ObjectFreedError({ objectId: id }));
      else if (this.#deadPlaces.has(ownerOf(id))) this.#sendFault(id, caller.from, new OwnerDiedError({ objectId: id }));
      else {
        this.#waiters.add(id, caller.from);
        if (this.#store.stateOf(id) === undefined) this.#clock.after(RELEASE_GRACE_MS, () => this.#giveUp(id));
      }
    }
  }

  hold(caller: Caller, ids: readonly string[]): void {
    this.holdFor(caller, ids, caller.from);
    this.#drops.heard(caller.from);
  }

  holdFor(_caller: Caller, ids: readonly string[], place: PlaceId): void {
    for (const id of ids) {
      this.#references.hold(id, place);
      if (ownerOf(id) !== place) this.#lend(id);
    }
  }

  drop(caller: Caller, ids: readonly string[], after?: readonly Announced[]): void {
    this.#drops.drop(caller.from, ids, after);
  }

  free(_caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      // Else the last of its holders has let go of it meanwhile.
      if (this.#references.has(id)) this.#freed.add(id);
      this.#store.free(id);
      this.#children.delete(id);
      this.#references.setChildren(id, []);
      const error = new ObjectFreedError({ objectId: id });
      const places = new Set(this.#waiters.take(id));
      // What small values they keep themselves goes as well.
      for (const [place] of this.#references.holders(id)) places.add(place);
      for (const place of places) this.#sendFault(id, place, error);
      this.#dependencies.fulfil(id);
    }
  }

  figures(_caller: Caller, collect: boolean): { store: StoreStats; sizes: Record<string, number> } {
    if (collect) this.#collect();
    const sizes = {
      references: this.#references.size,
      lent: this.#lent.size,
      children: this.#children.size,
      freed: this.#freed.size,
      waiters: this.#waiters.size,
      dependencies: this.#dependencies.size,
      drops: this.#drops.size,
    };
    return { store: this.#store.stats(), sizes };
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
    for (const id of ids) this.#lend(id);
    return this.#dependencies.whenAll(ids, {
      isReady: (id) => this.#has(id) || this.#freed.has(id) || this.#deadPlaces.has(ownerOf(id)),
      onReady: action,
    });
  }

  /** A place is gone: what it held it holds no more, and what it was to make will not come. */
  placeLost(place: PlaceId): void {
    this.#deadPlaces.add(place);
    this.#references.placeDied(place);
    this.#drops.placeDied(place);
    this.#store.placeDied(this.#slotOf(place));
    this.#waiters.cancelWhere((waiter) => waiter === place);
    for (const id of [...this.#waiters.ids()]) {
      if (ownerOf(id) !== place) continue;
      const error = new OwnerDiedError({ objectId: id });
      for (const waiter of this.#waiters.take(id)) this.#sendFault(id, waiter, error);
    }
    this.#dependencies.fulfilWhere((id) => ownerOf(id) === place);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #lend(id: string): void {
    if (this.#references.has(id)) this.#lent.add(id);
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
      const error = this.#freed.has(id) ? new ObjectFreedError({ objectId: id }) : new ObjectLostError({ objectId: id });
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

  /** Nobody knows the object: it was let go of before it was asked for. */
  #giveUp(id: ObjectId): void {
    if (this.#store.stateOf(id) !== undefined) return;
    const error = new ObjectLostError({ objectId: id, reason: "nobody held a ref to it any more" });
    for (const place of this.#waiters.take(id)) this.#sendFault(id, place, error);
  }

  #releaseUnheld(ids: readonly string[]): void {
    for (const id of ids) if (!this.#references.has(id)) this.#release(id);
  }

  #release(id: string): void {
    this.#lent.delete(id);
    if (isActorId(id)) {
      this.#onActorReleased(id);
      return;
    }
    this.#children.delete(id);
    this.#freed.delete(id);
    this.#store.free(id);
  }

  #tellSlots(slots: number[], op: number): void {
    for (const slot of slots) if (slot !== 0) this.#kernel.send(this.#node + slot, [ActorNumber.caller, op]);
  }

  /** Refs that are garbage keep objects as well as views do: all holders are asked. */
  #collect(): void {
    const places = new Set([...this.#references.places()].map((place) => this.#slotOf(place)));
    for (const place of this.#store.viewers()) places.add(place);
    this.#tellSlots([...places], CallerOp.collect);
  }

  #slotOf(place: PlaceId): number {
    return place - this.#node;
  }
}

export function storeFullError(fault: StoreFullFault): ObjectStoreFullError {
  const { neededBytes, capacityBytes, usedBytes, reason } = fault;
  return new ObjectStoreFullError({ requestedBytes: neededBytes, usedBytes, capacityBytes, reason });
}

export function outOfDiskError(fault: OutOfDiskFault): OutOfDiskError {
  return new OutOfDiskError({ requestedBytes: fault.neededBytes, reason: fault.reason });
}
