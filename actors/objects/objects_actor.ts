import { CallerOp, type ObjectRow, type ObjectsContract, PRIVATE_SLOT, type SealedWire } from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Caller,
  type Clock,
  HEAD_PLACE,
  isActorId,
  type Kernel,
  type ObjectId,
  ownerOf,
  type PlaceId,
  serve,
  systemPlaceOf,
} from "../../runtime/kernel/mod.ts";
import type { Accounting } from "../../runtime/memory/mod.ts";
import { type Announced, homeOf } from "../../runtime/references/mod.ts";
import type { PayloadWire } from "../../runtime/values/mod.ts";
import { faultWire } from "./audience.ts";
import { evacuate } from "./evacuation.ts";
import { GoneOwners } from "./gone_owners.ts";
import { Holdings, RELEASE_GRACE_MS } from "./holdings.ts";
import { NodeObjects } from "./node_objects.ts";
import { rowOf } from "./object_row.ts";
import { ObjectValues, type Sealed } from "./object_values.ts";
import { Peers } from "./peers.ts";
import type { TransferSettings } from "./settings.ts";
import type { SpillDisk } from "./spill/mod.ts";
import { MANAGER_PLACE, ObjectStore } from "./store.ts";
import { asError } from "./store_errors.ts";
import type { StoreStats } from "./store_report.ts";

export interface ObjectsActorOptions {
  kernel: Kernel;
  clock: Clock;
  accounting: Accounting;
  disk: SpillDisk | undefined;
  /** The last holder of an actor is gone. On the head alone. */
  onActorReleased(id: string): void;
  /** Told of large results of this node's tasks. */
  owners?: {
    /** The last copy is gone. True: the owner makes it anew; else those who wait get an error. */
    lost(id: ObjectId): boolean;
    /** Nobody holds it any more. */
    released(id: ObjectId): void;
  };
  transfer?: Partial<TransferSettings>;
  /** Large values are about to come from these nodes. */
  onSources?(nodes: readonly PlaceId[]): void;
}

/**
 * The node's object manager: keeps what has left its thread, counts its holders, and sends it where it is wanted.
 * Places talk to that of their own node; it talks to those of other nodes at `ActorNumber.nodeObjects`, which it serves.
 */
export class ObjectsActor implements ObjectsContract {
  readonly #options: ObjectsActorOptions;
  readonly #kernel: Kernel;
  readonly #node: PlaceId;
  readonly #peers: Peers;
  readonly #store: ObjectStore;
  readonly #holdings: Holdings;
  readonly #values: ObjectValues;
  readonly #gone: GoneOwners = new GoneOwners();
  /** Large values of this home that tasks have made, and not `put`. */
  readonly #results: Set<ObjectId> = new Set();

  constructor(options: ObjectsActorOptions) {
    const { kernel, clock } = options;
    this.#options = options;
    this.#kernel = kernel;
    this.#node = kernel.place;
    this.#peers = new Peers(kernel, options.onSources);
    this.#store = new ObjectStore({
      accounting: options.accounting,
      clock,
      disk: options.disk,
      events: {
        collect: () => this.#collect(),
        reclaimed: (places) => this.#tellSlots(places, CallerOp.reclaimed),
        evicted: (id) => this.#values.evicted(id),
        lost: (id) => queueMicrotask(() => this.#values.lostHere(id)),
      },
    });
    this.#holdings = new Holdings({
      clock,
      peers: this.#peers,
      onUnheld: (ids) => {
        for (const id of ids) {
          if (!isActorId(id)) this.#release(id);
          else if (this.#peers.isOwn(id)) options.onActorReleased(id);
        }
      },
    });
    this.#values = new ObjectValues({
      kernel,
      clock,
      peers: this.#peers,
      holdings: this.#holdings,
      store: this.#store,
      gone: this.#gone,
      settings: options.transfer,
      onLost: (id) => this.#results.has(id) && options.owners?.lost(id) === true,
    });
    const nodeObjects = new NodeObjects({
      node: this.#node,
      peers: this.#peers,
      holdings: this.#holdings,
      values: this.#values,
      store: this.#store,
      onMade: (id) => this.#results.add(id),
      release: (id) => this.#release(id),
    });
    kernel.register(ActorNumber.nodeObjects, serve(kernel, nodeObjects));
  }

  store(caller: Caller, id: ObjectId, value: PayloadWire): void {
    if (!this.#lives(caller)) return;
    this.#holdings.hold(id, caller.from);
    this.#values.accept(id, value);
  }

  seal(caller: Caller, id: ObjectId, sealed: SealedWire): void {
    const { slot, size, holder } = sealed;
    // Memory that was shared by a thread that is dead has been taken back; what a process had sent is there.
    if (slot === PRIVATE_SLOT ? !this.#peers.isHere(caller.from) : !this.#lives(caller)) return;
    const buffer = caller.attachments[sealed.attachment];
    if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < size)
      throw new RangeError(`seal: there is no buffer of ${size} bytes beside ${id}`);
    const shared = { ...sealed, place: this.#slotOf(caller.from) };
    if (!this.#isOwn(id)) {
      this.#sealForeign(id, buffer, shared);
      return;
    }
    this.#holdings.hold(id, holder);
    if (caller.from !== ownerOf(id)) this.#results.add(id);
    if (slot === PRIVATE_SLOT) void this.#copyIn(id, buffer, sealed);
    else this.#sealed(id, buffer, shared);
  }

  expect(caller: Caller, id: ObjectId): void {
    if (!this.#lives(caller)) return;
    this.#holdings.hold(id, caller.from);
    this.#store.expect(id, ownerOf(id));
  }

  expectAgain(caller: Caller, id: ObjectId): void {
    if (!this.#lives(caller)) return;
    this.expect(caller, id);
    this.#results.add(id);
  }

  resolve(_caller: Caller, id: ObjectId, value: PayloadWire): void {
    this.#resolve(id, value);
  }

  #resolve(id: ObjectId, value: PayloadWire): void {
    if (!this.#isOwn(id)) {
      this.#toHome(id, value);
      return;
    }
    this.#values.accept(id, value);
    // From a worker, when nobody needs it any more or its owner has yet to be heard of.
    if (!this.#holdings.has(id)) this.#holdings.releaseLater([id]);
  }

  sent(): Promise<void> | undefined {
    return this.#values.caughtUp();
  }

  want(caller: Caller, ids: readonly ObjectId[]): void {
    if (!this.#lives(caller)) return;
    for (const id of ids) {
      this.#holdings.lend(id, caller.from);
      this.#values.want(id, caller.from);
    }
  }

  wantState(caller: Caller, ids: readonly ObjectId[]): void {
    if (!this.#lives(caller)) return;
    for (const id of ids) {
      this.#holdings.lend(id, caller.from);
      this.#values.watch(id, caller.from);
    }
  }

  hold(caller: Caller, ids: readonly string[]): void {
    if (this.#lives(caller)) this.#holdings.announced(caller.from, ids);
  }

  known(): Promise<void> {
    return this.#holdings.settled();
  }

  holdFor(_caller: Caller, ids: readonly string[], place: PlaceId): void {
    this.#holdings.holdFor(ids, place);
  }

  drop(caller: Caller, ids: readonly string[], after?: readonly Announced[]): void {
    this.#holdings.dropAfter(caller.from, ids, after);
  }

  free(_caller: Caller, ids: readonly ObjectId[]): void {
    const away = new Map<PlaceId, ObjectId[]>();
    const own: ObjectId[] = [];
    for (const id of ids) {
      if (this.#isOwn(id)) own.push(id);
      else away.set(homeOf(id), [...(away.get(homeOf(id)) ?? []), id]);
    }
    this.#values.free(own);
    for (const [home, foreign] of away) this.#peers.tell(home).free(foreign);
  }

  figures(_caller: Caller, collect: boolean): { store: StoreStats; sizes: Record<string, number>; sentBytes: number } {
    if (collect) this.#collect();
    return { store: this.#store.stats(), sizes: { ...this.#holdings.sizes(), ...this.#values.sizes() }, sentBytes: this.#values.chunks.sentBytes };
  }

  list(_caller: Caller, limit: number): ObjectRow[] {
    return Array.from(this.#store.ids().take(limit), (id) => rowOf(id, this.#store, this.#holdings));
  }

  discarded(caller: Caller, ids: readonly ObjectId[]): void {
    const unknown = ids.filter((id) => !this.#discard(id, caller.from));
    if (unknown.length === 0) return;
    // Nobody has it any more; or what its worker says of it, on another link, has yet to come.
    this.#options.clock.after(RELEASE_GRACE_MS, () => {
      for (const id of unknown) this.#discard(id, caller.from);
    });
  }

  cameAgain(caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      if (this.#values.isKnown(id)) this.#holdings.drop(id, caller.from);
      else this.#options.owners?.lost(id);
    }
  }

  unmapped(caller: Caller, ids: readonly ObjectId[]): void {
    this.#store.unmapped(this.#slotOf(caller.from), ids);
  }

  needSpace(caller: Caller, pages: number, attachment: number): void {
    if (!this.#lives(caller)) return;
    this.#store.requestSpace(this.#slotOf(caller.from), {
      pages,
      ticket: caller.attachments[attachment] as SharedArrayBuffer,
    });
  }

  /** Counts a place, of whatever node, as a holder, for others of this node's system actors. */
  holdAs(id: string, place: PlaceId): void {
    if (this.#peers.isHere(place)) this.#holdings.hold(id, place);
    else this.#holdings.holdFor([id], place);
  }

  /** The same for what a place of this node holds no more. */
  dropAs(id: string, place: PlaceId): void {
    this.#holdings.drop(id, place);
  }

  /** Calls back once all are on this node, whatever became of them; what others have is brought here. */
  whenHere(ids: readonly ObjectId[], action: () => void): () => void {
    for (const id of ids) this.#holdings.lend(id);
    return this.#values.whenHere(ids, action);
  }

  /** Which nodes, as their system places, have which of these large objects, as far as this node knows; with their bytes. */
  *whereabouts(ids: readonly ObjectId[]): Generator<readonly [node: PlaceId, bytes: number]> {
    const { directory } = this.#values;
    for (const id of ids) {
      const bytes = directory.sizeOf(id) ?? this.#store.bytesOf(id) ?? 0;
      if (this.#store.stateOf(id) === "IN_MEMORY" && this.#store.inlineOf(id) === undefined) yield [this.#node, bytes];
      for (const node of directory.locations(id)) yield [node, bytes];
    }
  }

  /** Calls back once there is a value of all of them on some node, or an error in its place. Nothing is brought here. */
  whenAvailable(ids: readonly ObjectId[], action: () => void): () => void {
    for (const id of ids) this.#holdings.lend(id);
    return this.#values.whenAvailable(ids, action);
  }

  /** A place of this node is gone: what it held it holds no more, and what it was to make will not come. */
  placeLost(place: PlaceId, death?: Death): void {
    this.#holdings.placeLost(place);
    this.#store.placeDied(this.#slotOf(place));
    this.#gone.add(place, death);
    this.#values.placeLost(place);
  }

  /**
   * Another node, named by its system worker's place, is gone for good, and all its places with it: they hold nothing,
   * its copies are gone, and so is what its places owned.
   */
  nodeLost(node: PlaceId, death?: Death): void {
    if (this.#peers.isLost(node)) return;
    this.#peers.nodeLost(node);
    this.#holdings.nodeLost(node);
    this.#gone.add(node, death);
    this.#values.nodeLost(node);
  }

  /** Another is the head: it hears of the actors that this node holds. */
  headSucceeded(): void {
    this.#holdings.succeeded(HEAD_PLACE);
  }

  /** Whether anybody holds it. */
  isHeld(id: string): boolean {
    return this.#holdings.has(id);
  }

  /** See `evacuate`. */
  evacuate(targets: readonly PlaceId[]): Promise<number> {
    return evacuate(targets, { node: this.#node, store: this.#store, holdings: this.#holdings, peers: this.#peers });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Whether it is a place of this node that is not gone: nothing is kept for others, and late news of it would be for good. */
  #lives({ from }: Caller): boolean {
    return this.#peers.isHere(from) && !this.#gone.has(from);
  }

  /** False if nothing is known of it. */
  #discard(id: ObjectId, place: PlaceId): boolean {
    if (!this.#results.has(id) && !this.#values.isKnown(id)) return false;
    // A value that came when an error stood in its place was not counted.
    if (this.#store.inlineOf(id) === undefined) this.#holdings.drop(id, place);
    return true;
  }

  #sealed(id: ObjectId, buffer: SharedArrayBuffer, sealed: Sealed): void {
    const wasKnown = this.#values.isKnown(id);
    // Made twice, as by a task that was tried again: it is counted once.
    if (!this.#values.seal(id, buffer, sealed) || wasKnown) this.#holdings.drop(id, sealed.holder);
    // Its holder died, and nobody else has it.
    else if (!this.#holdings.has(id)) this.#release(id);
  }

  #release(id: ObjectId): void {
    this.#values.release(id);
    if (this.#results.delete(id)) this.#options.owners?.released(id);
  }

  /** A value that comes from a process, in memory that is not the store's. */
  async #copyIn(id: ObjectId, buffer: SharedArrayBuffer, sealed: SealedWire): Promise<void> {
    const { size } = sealed;
    this.#store.expect(id, ownerOf(id));
    try {
      const block = await this.#store.allocate(size);
      // Its home has let go of it meanwhile, or it was made elsewhere.
      if (!this.#isOwn(id) && this.#store.stateOf(id) !== "PENDING") {
        this.#store.discard(block);
        return;
      }
      new Uint8Array(block.buffer).set(new Uint8Array(buffer, 0, size));
      const here = { ...sealed, slot: block.slot, place: MANAGER_PLACE };
      if (this.#isOwn(id)) this.#sealed(id, block.buffer, here);
      else this.#values.seal(id, block.buffer, here);
    } catch (fault) {
      this.#resolve(id, faultWire(asError(id, fault)));
    }
  }

  /** A value for a place of another node stays here, and its home is told. */
  #sealForeign(id: ObjectId, buffer: SharedArrayBuffer, sealed: Sealed): void {
    const { slot, size, children, holder } = sealed;
    const isPrivate = slot === PRIVATE_SLOT;
    if (!isPrivate && !this.#values.seal(id, buffer, sealed)) return;
    this.#holdings.keepUntil(
      children,
      // Before it has been copied in: who is told of the result may ask for it at once.
      this.#peers.acknowledged(homeOf(id), (peer) => peer.located(id, { size, children, holder })),
    );
    if (isPrivate) void this.#copyIn(id, buffer, sealed);
  }

  #toHome(id: ObjectId, value: PayloadWire): void {
    this.#holdings.keepUntil(
      value[3] ?? [],
      this.#peers.acknowledged(homeOf(id), (peer) => peer.resolve(id, value)),
    );
  }

  #isOwn(id: ObjectId): boolean {
    return homeOf(id) === this.#node;
  }

  #tellSlots(slots: number[], op: number): void {
    for (const slot of slots) if (slot !== 0) this.#kernel.send(this.#node + slot, [ActorNumber.caller, op]);
  }

  /** Refs that are garbage keep objects as well as views do: all holders of this node are asked. */
  #collect(): void {
    const places = new Set<number>();
    for (const place of this.#holdings.places()) if (systemPlaceOf(place) === this.#node) places.add(this.#slotOf(place));
    for (const place of this.#store.viewers()) places.add(place);
    this.#tellSlots([...places], CallerOp.collect);
  }

  #slotOf(place: PlaceId): number {
    return place - this.#node;
  }
}
