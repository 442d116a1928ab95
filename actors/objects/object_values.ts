import type { LocatedWire, SealedWire } from "../../runtime/contracts/mod.ts";
import { ObjectFreedError, ObjectLostError } from "../../runtime/errors/mod.ts";
import { type Clock, type Kernel, type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import { PayloadKind, type PayloadWire, payloadFromWire, payloadToWire } from "../../runtime/values/mod.ts";
import { Audience, faultWire } from "./audience.ts";
import { ChunkServer } from "./chunk_server.ts";
import { type Bereft, Directory } from "./directory.ts";
import type { GoneOwners } from "./gone_owners.ts";
import type { Holdings } from "./holdings.ts";
import { Inquiries } from "./inquiries.ts";
import { isUnknown } from "./object_state.ts";
import type { Peers } from "./peers.ts";
import type { PullReason } from "./pull_order.ts";
import { Puller } from "./puller.ts";
import { TRANSFER_DEFAULTS, type TransferSettings } from "./settings.ts";
import type { ObjectStore } from "./store.ts";
import { asError, unheld } from "./store_errors.ts";
import { Whereabouts } from "./whereabouts.ts";

export interface ObjectValuesOptions {
  kernel: Kernel;
  clock: Clock;
  peers: Peers;
  holdings: Holdings;
  store: ObjectStore;
  gone: GoneOwners;
  settings?: Partial<TransferSettings> | undefined;
  /** The last copy of an object of this home is gone. True: it will be made anew, and those who wait go on waiting. */
  onLost?: ((id: ObjectId) => boolean) | undefined;
}

/** A large value as it is handed over, and by whom, where that is not this node's manager itself. */
export type Sealed = SealedWire & { readonly place?: number };

const NO_CHILDREN: readonly string[] = [];

/**
 * Where each value is, as far as this node can tell, and who waits for it: brings the two together. Of the objects of
 * this home it knows all; of others it asks the home, once however many wait here.
 */
export class ObjectValues {
  readonly #options: ObjectValuesOptions;
  readonly #node: PlaceId;
  readonly #store: ObjectStore;
  readonly #peers: Peers;
  readonly #holdings: Holdings;
  readonly directory: Directory;
  readonly puller: Puller;
  readonly chunks: ChunkServer;
  readonly #audience: Audience;
  readonly #inquiries: Inquiries;
  readonly #at: Whereabouts;
  /** Refs inside large values; most have none. */
  readonly #children: Map<ObjectId, readonly string[]> = new Map();
  readonly #freed: Set<ObjectId> = new Set();

  constructor(options: ObjectValuesOptions) {
    const { kernel, clock, peers, store, holdings } = options;
    this.#options = options;
    this.#node = kernel.place;
    this.#store = store;
    this.#peers = peers;
    this.#holdings = holdings;
    const settings = { ...TRANSFER_DEFAULTS, ...options.settings };
    this.directory = new Directory({ home: kernel.place, ...settings });
    this.puller = new Puller({
      clock,
      store,
      peers,
      settings,
      isWanted: (id) => this.#audience.reasonFor(id) !== undefined,
      onHere: (id, children) => {
        if (children.length > 0) this.#children.set(id, children);
        this.#arrived(id);
      },
      onFailed: (id, fault) => this.#audience.fail(id, asError(id, fault)),
    });
    this.chunks = new ChunkServer({
      kernel,
      store,
      peers,
      puller: this.puller,
      maxBytes: settings.chunkBytes,
      whenHere: (id, action) => void this.#audience.arguments.whenAll([id], { isReady: () => store.stateOf(id) !== "PENDING", onReady: action }),
    });
    this.#audience = new Audience({
      kernel,
      peers,
      store,
      childrenOf: (id) => this.#children.get(id) ?? NO_CHILDREN,
      wasFreed: (id) => this.#freed.has(id),
      isGone: (id) => this.#at.of(id) instanceof Error,
      want: (id, place) => this.want(id, place),
    });
    this.#inquiries = new Inquiries({
      clock,
      peers,
      isUnknown: (id) => isUnknown(store.stateOf(id)),
      giveUp: (id) => this.#audience.fail(id, unheld(id)),
    });
    this.#at = new Whereabouts({ node: kernel.place, peers, store, gone: options.gone, directory: this.directory, freed: this.#freed });
  }

  /** A small value, of this home. Nothing if there is a value. */
  accept(id: ObjectId, value: PayloadWire): void {
    if (this.#freed.has(id)) return;
    if (!this.#store.storeInline(id, payloadToWire(payloadFromWire(value)), { bytes: value[2], owner: ownerOf(id) })) return;
    // A node that failed to keep what it had made says so in this way.
    this.#releaseAt(this.directory.forget(id), id);
    if (value[3] !== undefined && value[3].length > 0) this.#holdings.setChildren(id, value[3]);
    this.#arrived(id);
  }

  /** A large value, made on this node. `false` if there is one already, or the buffer is not the store's, or `place`'s. */
  seal(id: ObjectId, buffer: SharedArrayBuffer, { slot, place, size, children }: Sealed): boolean {
    if (!this.#store.seal(id, buffer, { slot, bytes: size, owner: ownerOf(id), ...(place !== undefined && { place }) })) return false;
    this.puller.cancel(id);
    const home = homeOf(id);
    if (this.#freed.has(id) || (this.#peers.isLost(home) && !this.#holdings.has(id))) {
      this.#store.free(id);
      return true;
    }
    if (children.length > 0) {
      this.#children.set(id, children);
      if (home === this.#node) this.#holdings.setChildren(id, children);
    }
    this.#arrived(id);
    return true;
  }

  /** Whether there is a value of this object of this home. */
  isKnown(id: ObjectId): boolean {
    return this.#at.isHere(id) || this.directory.has(id);
  }

  /** Another node has made a large value of this home. */
  located(id: ObjectId, node: PlaceId, { size, children }: LocatedWire): void {
    if (this.#freed.has(id)) {
      this.#peers.tell(node).released([id], true);
      return;
    }
    const wasKnown = this.isKnown(id);
    this.directory.located(id, node, size);
    if (wasKnown) return;
    this.#store.expect(id, ownerOf(id));
    if (children.length > 0) {
      this.#children.set(id, children);
      this.#holdings.setChildren(id, children);
    }
    this.#exists(id);
    const reason = this.#audience.reasonFor(id);
    if (reason !== undefined) this.puller.start(id, { size, children, reason });
  }

  /** A place of this node waits for the value. */
  want(id: ObjectId, place: PlaceId): void {
    const at = this.#at.of(id);
    if (at === "here") this.#audience.sendValue(id, place);
    else if (at instanceof Error) this.#audience.sendPayload(id, place, faultWire(at));
    else {
      this.#audience.addGetter(id, place);
      this.#bring(id, at, "get");
    }
  }

  /** A place of this node, or another node, waits for there being a value. */
  watch(id: ObjectId, place: PlaceId): void {
    const at = this.#at.of(id);
    if (at instanceof Error) this.#audience.sendPayload(id, place, faultWire(at));
    else if (at === "awaited") {
      this.#audience.addWatcher(id, place);
      this.#seek(id);
    } else this.#audience.sendPayload(id, place, this.#wireOf(id));
  }

  /** Calls back once all are on this node, brought here if need be, whatever became of them. */
  whenHere(ids: readonly ObjectId[], action: () => void): () => void {
    const missing = new Map<ObjectId, "elsewhere" | "awaited">();
    for (const id of ids) {
      const at = this.#at.of(id);
      if (at !== "here" && !(at instanceof Error)) missing.set(id, at);
    }
    const undo = this.#audience.arguments.whenAll(ids, { isReady: (id) => !missing.has(id), onReady: action });
    for (const [id, at] of missing) this.#bring(id, at, "argument");
    return undo;
  }

  /** Calls back once there is a value of all, on whatever node, or an error in its place. */
  whenAvailable(ids: readonly ObjectId[], action: () => void): () => void {
    const missing = new Set(ids.filter((id) => this.#at.of(id) === "awaited"));
    const undo = this.#audience.available.whenAll(ids, { isReady: (id) => !missing.has(id), onReady: action });
    for (const id of missing) this.#seek(id);
    return undo;
  }

  /** The home says what it knows of an object that was asked for. */
  found(id: ObjectId, wire: PayloadWire): void {
    this.#inquiries.answered(id);
    if (wire[0] !== PayloadKind.sealed) {
      this.puller.cancel(id);
      this.#audience.tellAll(id, wire);
      return;
    }
    if (this.#at.isHere(id)) {
      this.#arrived(id);
      return;
    }
    this.#exists(id, wire);
    const reason = this.#audience.reasonFor(id);
    if (reason !== undefined) this.puller.start(id, { size: wire[2], children: wire[3] ?? NO_CHILDREN, reason });
  }

  /** Resolves when all has been said that homes know of what was asked for; nothing if nothing was. */
  caughtUp(): Promise<void> | undefined {
    return this.#inquiries.size > 0 ? this.#inquiries.caughtUp() : undefined;
  }

  /** A node has room for a copy of an object of this home, and asks from where to take it. */
  assign(id: ObjectId, puller: PlaceId, without: readonly PlaceId[]): void {
    const at = this.#at.of(id);
    if (at instanceof Error) {
      this.#peers.tell(puller).found(id, faultWire(at));
      return;
    }
    if (at === "awaited") {
      this.#putOff(id, puller);
      return;
    }
    const size = this.directory.sizeOf(id) ?? this.#store.bytesOf(id) ?? 0;
    this.#peers.tell(puller).sources(id, this.directory.assign(id, puller, { size, isHere: at === "here", without }));
  }

  /** The home says that the value that was being copied is gone, and another is made: it will be told of. */
  awaited(id: ObjectId): void {
    this.puller.cancel(id);
    // The home does not know of a copy that has come meanwhile.
    if (!this.#store.isPrimary(id)) this.#drop(id);
    if (!this.#at.isOwn(id)) this.#inquiries.reopen(id);
  }

  /** There is nothing to copy; the node hears when there is. */
  #putOff(id: ObjectId, puller: PlaceId): void {
    if (puller !== this.#node) this.#audience.addWatcher(id, puller);
    this.#peers.tell(puller).awaited(id);
  }

  /** Another node has an object no more. */
  gone(id: ObjectId, node: PlaceId): void {
    const bereft: Bereft = this.directory.gone(id, node, this.#at.isHere(id));
    if (bereft === "kept") return;
    if (bereft === "gone") {
      // Who copies it has parts of what is gone.
      for (const puller of this.directory.forget(id)) this.#putOff(id, puller);
      this.#lose(id);
    } else if (bereft.keeper === this.#node) this.#store.keep(id);
    else this.#peers.tell(bereft.keeper).keep(id);
  }

  /** A copy had to make room. */
  evicted(id: ObjectId): void {
    const home = homeOf(id);
    if (home === this.#node) return;
    this.#children.delete(id);
    this.#peers.tell(home).evicted([id]);
  }

  /** The bytes that were here are gone. */
  lostHere(id: ObjectId): void {
    if (!this.#at.isOwn(id)) this.evicted(id);
    else if (!this.directory.has(id)) this.#lose(id);
  }

  /** `free` was called: drops the values of this home, wherever they are. */
  free(ids: readonly ObjectId[]): void {
    const away = new Map<PlaceId, ObjectId[]>();
    for (const id of ids) {
      // Else the last of its holders has let go of it meanwhile.
      if (this.#holdings.has(id)) this.#freed.add(id);
      this.#drop(id);
      const nodes = new Set(this.directory.forget(id));
      for (const holder of this.#holdings.holders(id)) if (this.#audience.isNode(holder)) nodes.add(holder);
      for (const node of nodes) away.set(node, [...(away.get(node) ?? []), id]);
      this.#holdings.setChildren(id, []);
      this.#failHolders(id, new ObjectFreedError({ objectId: id }));
    }
    for (const [node, gone] of away) this.#peers.tell(node).released(gone, true);
  }

  /** The home says that copies are to go. */
  released(ids: readonly ObjectId[], freed: boolean): void {
    for (const id of ids) {
      this.#inquiries.answered(id);
      this.#drop(id);
      if (freed) this.#failHolders(id, new ObjectFreedError({ objectId: id }));
      else this.#audience.fail(id, unheld(id));
    }
  }

  /** Nobody holds it any more: who still waits hears so, or has given up without a word. */
  release(id: ObjectId): void {
    this.#freed.delete(id);
    this.#drop(id);
    this.#releaseAt(this.directory.forget(id), id);
    if (this.#audience.isAwaited(id)) this.#audience.fail(id, unheld(id));
  }

  placeLost(place: PlaceId): void {
    this.#audience.forget(place);
    this.#failWhere((id) => ownerOf(id) === place && this.#at.of(id) instanceof Error);
  }

  nodeLost(node: PlaceId): void {
    this.#audience.forget(node);
    this.#inquiries.homeLost(node);
    const isOrphan = (id: ObjectId): boolean => homeOf(id) === node;
    for (const id of [...this.#store.ids()]) if (isOrphan(id) && !this.#holdings.has(id)) this.#drop(id);
    this.puller.cancelWhere(isOrphan);
    this.#failWhere((id) => isOrphan(id) && !this.#at.isHere(id));
    this.puller.nodeLost(node);
    for (const id of [...this.directory.at(node)]) this.gone(id, node);
  }

  sizes(): Record<string, number> {
    return {
      children: this.#children.size,
      freed: this.#freed.size,
      asked: this.#inquiries.size,
      ...this.#audience.sizes(),
      directory: this.directory.size,
      pulls: this.puller.size,
    };
  }

  #bring(id: ObjectId, at: "elsewhere" | "awaited", reason: PullReason): void {
    if (this.puller.has(id)) this.puller.raise(id, reason);
    else if (at === "elsewhere") {
      this.puller.start(id, { size: this.directory.sizeOf(id) ?? 0, children: this.#children.get(id) ?? NO_CHILDREN, reason });
    } else this.#seek(id);
  }

  /** Sees to it that this node hears when there is a value. */
  #seek(id: ObjectId): void {
    if (!this.#at.isOwn(id)) this.#inquiries.ask(id);
    else if (isUnknown(this.#store.stateOf(id))) this.#inquiries.awaitWord(id);
  }

  /** What is told of a value that exists to one who need not have it: the whole of a small one. */
  #wireOf(id: ObjectId): PayloadWire {
    const inline = this.#store.inlineOf(id) as PayloadWire | undefined;
    const size = this.#at.isHere(id) ? this.#store.bytesOf(id) : this.directory.sizeOf(id);
    return inline ?? [PayloadKind.sealed, undefined, size ?? 0, this.#children.get(id) ?? NO_CHILDREN];
  }

  /** The value is in this node's store. */
  #arrived(id: ObjectId): void {
    this.#exists(id);
    this.#audience.arrived(id);
  }

  /** There is a value somewhere. */
  #exists(id: ObjectId, wire?: PayloadWire): void {
    if (this.#audience.isWatched(id)) this.#audience.exists(id, wire ?? this.#wireOf(id));
    this.#audience.available.fulfil(id);
  }

  /** As `fail`; and what small values holders of this node keep themselves goes as well. */
  #failHolders(id: ObjectId, error: Error): void {
    for (const place of this.#holdings.holders(id)) if (!this.#audience.isNode(place)) this.#audience.addGetter(id, place);
    this.#audience.fail(id, error);
  }

  /** Whoever waits for one of these hears that its owner has died. */
  #failWhere(gone: (id: ObjectId) => boolean): void {
    for (const id of this.#audience.ids()) if (gone(id)) this.#audience.fail(id, this.#options.gone.errorFor(id));
  }

  #lose(id: ObjectId): void {
    this.#children.delete(id);
    // A copy that was here is forgotten already.
    if (this.#holdings.has(id)) this.#store.expect(id, ownerOf(id));
    this.#store.lose(id);
    if (this.#options.gone.has(ownerOf(id))) this.#audience.fail(id, this.#options.gone.errorFor(id));
    else if (this.#options.onLost?.(id) === true) this.#store.expect(id, ownerOf(id));
    else this.#audience.fail(id, new ObjectLostError({ objectId: id }));
  }

  #drop(id: ObjectId): void {
    this.puller.cancel(id);
    this.#children.delete(id);
    this.#store.free(id);
  }

  #releaseAt(nodes: readonly PlaceId[], id: ObjectId): void {
    for (const node of nodes) this.#peers.tell(node).released([id], false);
  }
}
