import { CallerOp, type ObjectRow, type ObjectsContract, type SealedWire } from "../../runtime/contracts/mod.ts";
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
import type { Accounting, StaleMemory } from "../../runtime/memory/mod.ts";
import { type Announced, homeOf } from "../../runtime/references/mod.ts";
import type { PayloadWire } from "../../runtime/values/mod.ts";
import { evacuate } from "./evacuation.ts";
import { GoneOwners } from "./gone_owners.ts";
import { Holdings } from "./holdings.ts";
import { NodeObjects } from "./node_objects.ts";
import { rowOf } from "./object_row.ts";
import { ObjectValues } from "./object_values.ts";
import { Peers } from "./peers.ts";
import { Results, type ResultsOptions } from "./results.ts";
import type { TransferSettings } from "./settings.ts";
import type { SpillDisk } from "./spill/mod.ts";
import { ObjectStore } from "./store.ts";
import type { StoreStats } from "./store_report.ts";

export interface ObjectsActorOptions {
  kernel: Kernel;
  clock: Clock;
  accounting: Accounting;
  disk: SpillDisk | undefined;
  /** The last holder of an actor is gone. On the head alone. */
  onActorReleased(id: string): void;
  owners?: ResultsOptions["owners"];
  transfer?: Partial<TransferSettings>;
  /** Large values are about to come from these nodes. */
  onSources?(nodes: readonly PlaceId[]): void;
  /** Hears of memory that this thread's collector has to find. */
  stale?: Pick<StaleMemory, "add"> | undefined;
}

/**
 * The node's object manager: keeps what has left its thread, counts its holders, and sends it where it is wanted.
 * Places talk to that of their own node; it talks to those of other nodes at `ActorNumber.nodeObjects`, which it serves.
 */
export class ObjectsActor implements ObjectsContract {
  readonly #kernel: Kernel;
  readonly #node: PlaceId;
  readonly #peers: Peers;
  readonly #store: ObjectStore;
  readonly #holdings: Holdings;
  readonly #values: ObjectValues;
  readonly #gone: GoneOwners = new GoneOwners();
  readonly #results: Results;

  constructor(options: ObjectsActorOptions) {
    const { kernel, clock } = options;
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
        retired: (bytes) => options.stale?.add(bytes),
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
      onLost: (id) => this.#results.lost(id),
    });
    this.#results = new Results({
      clock,
      peers: this.#peers,
      store: this.#store,
      holdings: this.#holdings,
      values: this.#values,
      owners: options.owners,
      lives: (caller) => this.#lives(caller),
      resolve: (id, value) => this.#resolve(id, value),
      release: (id) => this.#release(id),
    });
    const nodeObjects = new NodeObjects({
      node: this.#node,
      peers: this.#peers,
      holdings: this.#holdings,
      values: this.#values,
      store: this.#store,
      onMade: (id) => this.#results.made(id),
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
    this.#results.seal(caller, id, sealed);
  }

  expect(caller: Caller, id: ObjectId): void {
    if (!this.#lives(caller)) return;
    this.#holdings.hold(id, caller.from);
    this.#store.expect(id, ownerOf(id));
  }

  expectAgain(caller: Caller, id: ObjectId): void {
    if (!this.#lives(caller)) return;
    this.expect(caller, id);
    this.#results.made(id);
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

  took(caller: Caller, ids: readonly string[], from: PlaceId): void {
    if (this.#lives(caller)) this.#holdings.took(ids, { from, place: caller.from });
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
    this.#results.discarded(caller.from, ids);
  }

  cameAgain(caller: Caller, ids: readonly ObjectId[]): void {
    this.#results.cameAgain(caller.from, ids);
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

  #release(id: ObjectId): void {
    this.#values.release(id);
    this.#results.released(id);
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
