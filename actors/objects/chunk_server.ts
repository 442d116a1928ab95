import { sharedPool } from "../../net/mod.ts";
import type { Kernel, ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";
import type { Peers } from "./peers.ts";
import type { Puller } from "./puller.ts";
import type { ObjectStore } from "./store.ts";

export interface ChunkServerOptions {
  kernel: Kernel;
  store: ObjectStore;
  peers: Peers;
  puller: Puller;
  /** Bytes that may be asked for at once. */
  maxBytes: number;
  /** Calls back once the value is here, or will not come. */
  whenHere(id: ObjectId, action: () => void): void;
}

export interface ChunkRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Gives other nodes parts of the values that are here, or as they come. A value on disk is restored first. Each part is
 * copied at once, so that nothing is pinned for a node that may die.
 */
export class ChunkServer {
  readonly #options: ChunkServerOptions;

  constructor(options: ChunkServerOptions) {
    this.#options = options;
  }

  read(to: PlaceId, id: ObjectId, range: ChunkRange): void {
    const { store, puller, whenHere } = this.#options;
    const pull = puller.get(id);
    if (!this.#isFair(range)) this.#refuse(to, id, range);
    else if (pull?.block !== undefined) {
      const { block } = pull;
      pull.whenHere(range.offset, () => {
        if (pull.holds(range.offset, range.length)) this.#send(to, id, { ...range, buffer: block.buffer });
        else this.#refuse(to, id, range);
      });
    } else if (store.stateOf(id) === "PENDING") whenHere(id, () => this.#fromStore(to, id, range));
    else this.#fromStore(to, id, range);
  }

  #fromStore(to: PlaceId, id: ObjectId, range: ChunkRange): void {
    const { store } = this.#options;
    const held = store.pin(id);
    if (held instanceof Promise) {
      held.then(
        (restored) => this.#give(to, id, { ...range, held: restored }),
        () => this.#refuse(to, id, range),
      );
    } else this.#give(to, id, { ...range, held });
  }

  #give(to: PlaceId, id: ObjectId, part: ChunkRange & { held: { bytes: number; buffer?: SharedArrayBuffer } | undefined }): void {
    const { held, offset, length } = part;
    if (held?.buffer === undefined) {
      this.#refuse(to, id, part);
      return;
    }
    if (offset + length <= held.bytes) this.#send(to, id, { offset, length, buffer: held.buffer });
    else this.#refuse(to, id, part);
    this.#options.store.unpin(id);
  }

  #send(to: PlaceId, id: ObjectId, { offset, length, buffer }: ChunkRange & { buffer: SharedArrayBuffer }): void {
    const { kernel, peers } = this.#options;
    const copy = sharedPool.take(length);
    new Uint8Array(copy).set(new Uint8Array(buffer, offset, length));
    peers.tell(to).chunk(id, offset, kernel.attach(to, copy));
  }

  #refuse(to: PlaceId, id: ObjectId, { offset }: ChunkRange): void {
    this.#options.peers.tell(to).chunk(id, offset, -1);
  }

  #isFair({ offset, length }: ChunkRange): boolean {
    return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0 && length <= this.#options.maxBytes;
  }
}
