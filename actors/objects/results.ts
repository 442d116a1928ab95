import { PRIVATE_SLOT, type SealedWire } from "../../runtime/contracts/mod.ts";
import { type Caller, type Clock, type ObjectId, ownerOf, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { PayloadWire } from "../../runtime/values/mod.ts";
import { faultWire } from "./audience.ts";
import { type Holdings, LATE_WORD_MS } from "./holdings.ts";
import type { ObjectValues, Sealed } from "./object_values.ts";
import type { Peers } from "./peers.ts";
import { MANAGER_PLACE, type ObjectStore } from "./store.ts";
import { asError } from "./store_errors.ts";

export interface ResultsOptions {
  clock: Clock;
  peers: Peers;
  store: ObjectStore;
  holdings: Holdings;
  values: ObjectValues;
  /** Told of large results of this node's tasks. */
  owners:
    | {
        /** The last copy is gone. True: the owner makes it anew; else those who wait get an error. */
        lost(id: ObjectId): boolean;
        /** Nobody holds it any more. */
        released(id: ObjectId): void;
      }
    | undefined;
  /** Whether it is a place of this node that is not gone. */
  lives(caller: Caller): boolean;
  /** A small value, or an error, in the place of a large one. */
  resolve(id: ObjectId, value: PayloadWire): void;
  /** Nobody holds it. */
  release(id: ObjectId): void;
}

/** Large values as they come from those who have made them, and what becomes of results that come again or too late. */
export class Results {
  readonly #options: ResultsOptions;
  /** Large values of this home that tasks have made, and not `put`. */
  readonly #made: Set<ObjectId> = new Set();

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  made(id: ObjectId): void {
    this.#made.add(id);
  }

  /** The last copy is gone. True: the owner makes it anew. */
  lost(id: ObjectId): boolean {
    return this.#made.has(id) && this.#options.owners?.lost(id) === true;
  }

  released(id: ObjectId): void {
    if (this.#made.delete(id)) this.#options.owners?.released(id);
  }

  /** @throws RangeError when there is no such buffer beside the message */
  seal(caller: Caller, id: ObjectId, sealed: SealedWire): void {
    const { peers, holdings, lives } = this.#options;
    const { slot, size, holder } = sealed;
    // Memory that was shared by a thread that is dead has been taken back; what a process had sent is there.
    if (slot === PRIVATE_SLOT ? !peers.isHere(caller.from) : !lives(caller)) return;
    const buffer = caller.attachments[sealed.attachment];
    if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < size)
      throw new RangeError(`seal: there is no buffer of ${size} bytes beside ${id}`);
    const shared = { ...sealed, place: caller.from - systemPlaceOf(caller.from) };
    if (!peers.isOwn(id)) {
      this.#sealForeign(id, buffer, shared);
      return;
    }
    holdings.hold(id, holder);
    if (caller.from !== ownerOf(id)) this.made(id);
    if (slot === PRIVATE_SLOT) void this.#copyIn(id, buffer, sealed);
    else this.#sealed(id, buffer, shared);
  }

  discarded(place: PlaceId, ids: readonly ObjectId[]): void {
    const unknown = ids.filter((id) => !this.#discard(id, place));
    if (unknown.length === 0) return;
    // Nobody has it any more; or what its worker says of it, on another link, has yet to come.
    this.#options.clock.after(LATE_WORD_MS, () => {
      for (const id of unknown) this.#discard(id, place);
    });
  }

  cameAgain(place: PlaceId, ids: readonly ObjectId[]): void {
    const { values, holdings, owners } = this.#options;
    for (const id of ids) {
      if (values.isKnown(id)) holdings.drop(id, place);
      else owners?.lost(id);
    }
  }

  /** False if nothing is known of it. */
  #discard(id: ObjectId, place: PlaceId): boolean {
    const { values, holdings, store } = this.#options;
    if (!this.#made.has(id) && !values.isKnown(id)) return false;
    // A value that came when an error stood in its place was not counted.
    if (store.inlineOf(id) === undefined) holdings.drop(id, place);
    return true;
  }

  #sealed(id: ObjectId, buffer: SharedArrayBuffer, sealed: Sealed): void {
    const { values, holdings, release } = this.#options;
    const wasKnown = values.isKnown(id);
    // Made twice, as by a task that was tried again: it is counted once.
    if (!values.seal(id, buffer, sealed) || wasKnown) holdings.drop(id, sealed.holder);
    // Its holder died, and nobody else has it.
    else if (!holdings.has(id)) release(id);
  }

  /** A value for a place of another node stays here, and its home is told. */
  #sealForeign(id: ObjectId, buffer: SharedArrayBuffer, sealed: Sealed): void {
    const { peers, holdings, values } = this.#options;
    const { slot, size, children, holder } = sealed;
    const isPrivate = slot === PRIVATE_SLOT;
    if (!isPrivate && !values.seal(id, buffer, sealed)) return;
    holdings.keepUntil(
      children,
      // Before it has been copied in: who is told of the result may ask for it at once.
      peers.acknowledged(homeOf(id), (peer) => peer.located(id, { size, children, holder })),
    );
    if (isPrivate) void this.#copyIn(id, buffer, sealed);
  }

  /** A value that comes from a process, in memory that is not the store's. */
  async #copyIn(id: ObjectId, buffer: SharedArrayBuffer, sealed: SealedWire): Promise<void> {
    const { peers, store, values, resolve } = this.#options;
    const { size } = sealed;
    store.expect(id, ownerOf(id));
    try {
      const block = await store.allocate(size);
      // Its home has let go of it meanwhile, or it was made elsewhere.
      if (!peers.isOwn(id) && store.stateOf(id) !== "PENDING") {
        store.discard(block);
        return;
      }
      new Uint8Array(block.buffer).set(new Uint8Array(buffer, 0, size));
      const here = { ...sealed, slot: block.slot, place: MANAGER_PLACE };
      if (peers.isOwn(id)) this.#sealed(id, block.buffer, here);
      else values.seal(id, block.buffer, here);
    } catch (fault) {
      resolve(id, faultWire(asError(id, fault)));
    }
  }
}
