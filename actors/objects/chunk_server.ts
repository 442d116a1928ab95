import { Slice } from "../../net/mod.ts";
import { ActorNumber, type Kernel, type ObjectId, type PlaceId } from "../../runtime/kernel/mod.ts";
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
 * Gives other nodes parts of the values that are here, or as they come. A value on disk is restored first, and each stays
 * where it is until its parts have left.
 */
export class ChunkServer {
  readonly #options: ChunkServerOptions;
  /** Of all parts that were given since this node began. */
  #sentBytes = 0;

  constructor(options: ChunkServerOptions) {
    this.#options = options;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  read(to: PlaceId, id: ObjectId, range: ChunkRange): void {
    const { store, puller, whenHere } = this.#options;
    const pull = puller.get(id);
    if (!this.#isFair(range)) this.#refuse(to, id, range);
    else if (pull?.block !== undefined) {
      const { block } = pull;
      pull.whenHere(range.offset, () => {
        if (pull.holds(range.offset, range.length)) this.#send(to, id, range.offset, new Slice(bytesOf(block.buffer, range), pull.lend()));
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
    const { store } = this.#options;
    if (held?.buffer === undefined) this.#refuse(to, id, part);
    else if (offset + length <= held.bytes) this.#send(to, id, offset, new Slice(bytesOf(held.buffer, part), () => store.unpin(id)));
    else {
      this.#refuse(to, id, part);
      store.unpin(id);
    }
  }

  /** Beside what else is told to that node, and perhaps by another link. */
  #send(to: PlaceId, id: ObjectId, offset: number, part: Slice): void {
    this.#sentBytes += part.bytes.byteLength;
    this.#options.kernel.sendApart(to, [ActorNumber.nodeObjects, "chunk", 0, id, offset, 0], part);
  }

  #refuse(to: PlaceId, id: ObjectId, { offset }: ChunkRange): void {
    this.#options.peers.tell(to).chunk(id, offset, -1);
  }

  #isFair({ offset, length }: ChunkRange): boolean {
    return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0 && length <= this.#options.maxBytes;
  }
}

function bytesOf(buffer: SharedArrayBuffer, { offset, length }: ChunkRange): Uint8Array {
  return new Uint8Array(buffer, offset, length);
}
