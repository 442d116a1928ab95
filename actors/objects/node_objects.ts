import { type Attachment, Slice, sharedPool } from "../../net/mod.ts";
import type { LocatedWire, NodeObjectsContract } from "../../runtime/contracts/mod.ts";
import type { Caller, ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { PayloadWire } from "../../runtime/values/mod.ts";
import { isLargePrimary } from "./evacuation.ts";
import type { Holdings } from "./holdings.ts";
import type { ObjectValues } from "./object_values.ts";
import type { Peers } from "./peers.ts";
import type { ObjectStore } from "./store.ts";

export interface NodeObjectsOptions {
  /** The place of this node's manager. */
  node: PlaceId;
  peers: Peers;
  holdings: Holdings;
  values: ObjectValues;
  store: ObjectStore;
  /** Another node has made a large value of this home. */
  onMade(id: ObjectId): void;
  /** Nobody holds it any more. */
  release(id: ObjectId): void;
}

/** What this node's object manager is to those of other nodes. */
export class NodeObjects implements NodeObjectsContract {
  readonly #options: NodeObjectsOptions;
  readonly #holdings: Holdings;
  readonly #values: ObjectValues;
  readonly #store: ObjectStore;

  constructor(options: NodeObjectsOptions) {
    this.#options = options;
    this.#holdings = options.holdings;
    this.#values = options.values;
    this.#store = options.store;
  }

  hold(caller: Caller, ids: readonly string[]): void {
    for (const id of ids) {
      this.#holdings.hold(id, caller.from);
      this.#holdings.lend(id);
    }
  }

  holdsExactly(caller: Caller, ids: readonly string[]): void {
    this.#holdings.holdsExactly(caller.from, ids);
  }

  drop(caller: Caller, ids: readonly string[]): void {
    for (const id of ids) this.#holdings.drop(id, caller.from);
  }

  holdFor({ from }: Caller, ids: readonly string[], place: PlaceId): Promise<void> {
    this.#holdings.coming(ids, { from, place });
    return this.#holdings.settled();
  }

  heard(_caller: Caller, place: PlaceId, count: number): Promise<void> {
    return this.#holdings.heard(place, count);
  }

  located(caller: Caller, id: ObjectId, value: LocatedWire): Promise<void> {
    // Made twice, as by a task that was tried again: it is counted once.
    if (!this.#values.isKnown(id)) this.#holdings.hold(id, value.holder);
    this.#options.onMade(id);
    this.#values.located(id, caller.from, value);
    // Its holder died, and nobody else has it.
    if (!this.#holdings.has(id)) this.#options.release(id);
    return this.#holdings.settled();
  }

  resolve(_caller: Caller, id: ObjectId, value: PayloadWire): Promise<void> {
    this.#values.accept(id, value);
    // Nobody needs it any more, or its owner has yet to be heard of.
    if (!this.#holdings.has(id)) this.#holdings.releaseLater([id]);
    return this.#holdings.settled();
  }

  want(caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) {
      this.#holdings.lend(id);
      this.#values.watch(id, caller.from);
    }
  }

  caughtUp(): void {}

  awaited(_caller: Caller, id: ObjectId): void {
    this.#values.awaited(id);
  }

  found(_caller: Caller, id: ObjectId, value: PayloadWire): void {
    this.#values.found(id, value);
  }

  free(_caller: Caller, ids: readonly ObjectId[]): void {
    this.#values.free(ids);
  }

  released(_caller: Caller, ids: readonly ObjectId[], freed: boolean): void {
    this.#values.released(ids, freed);
  }

  pull(caller: Caller, id: ObjectId, without: readonly PlaceId[]): void {
    this.#values.assign(id, caller.from, without);
  }

  sources(_caller: Caller, id: ObjectId, nodes: readonly PlaceId[]): void {
    this.#values.puller.sources(id, nodes);
  }

  read(caller: Caller, id: ObjectId, offset: number, length: number): void {
    this.#values.chunks.read(caller.from, id, { offset, length });
  }

  chunk(caller: Caller, id: ObjectId, offset: number, attachment: number): void {
    const sent = caller.attachments[attachment];
    this.#values.puller.chunk(caller.from, id, { offset, bytes: sent instanceof Slice ? sent.bytes : asBytes(sent) });
    // They have been copied.
    if (sent instanceof Slice) sent.release();
    else sharedPool.giveBack(sent);
  }

  pulled(caller: Caller, id: ObjectId, complete: boolean): void {
    this.#values.directory.ended(id, caller.from, complete);
  }

  evicted(caller: Caller, ids: readonly ObjectId[]): void {
    for (const id of ids) this.#values.gone(id, caller.from);
  }

  async adopt(_caller: Caller, ids: readonly ObjectId[]): Promise<ObjectId[]> {
    const { node, peers } = this.#options;
    const adopted = await Promise.all(ids.map((id) => this.#adopt(id)));
    const kept = adopted.flatMap((id) => id ?? []);
    // Each has been told of the copy on the same link before.
    const homes = new Set(kept.map(homeOf).filter((home) => home !== node));
    await Promise.all(Array.from(homes, (home) => peers.acknowledged(home, (peer) => peer.caughtUp())));
    return kept;
  }

  keep(_caller: Caller, id: ObjectId): void {
    this.#store.keep(id);
  }

  /** Nothing if it could not be had. */
  #adopt(id: ObjectId): Promise<ObjectId | undefined> {
    return new Promise((resolve) => {
      this.#holdings.lend(id);
      this.#values.whenHere([id], () => {
        // Before it can make room for anything: its home has yet to hear that nobody else keeps it.
        this.#store.keep(id);
        resolve(isLargePrimary(id, this.#store) ? id : undefined);
      });
    });
  }
}

/** A part that came in several messages. */
function asBytes(attachment: Attachment | undefined): Uint8Array | undefined {
  return attachment instanceof SharedArrayBuffer ? new Uint8Array(attachment) : undefined;
}
