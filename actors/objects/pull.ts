import type { ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";
import type { Block } from "../../runtime/memory/mod.ts";

const Chunk = { missing: 0, asked: 1, here: 2 } as const;

/** A part of a value to be asked of a source. */
export interface ChunkRequest {
  readonly source: PlaceId;
  readonly offset: number;
  readonly length: number;
}

/** One large value on its way here, in chunks, from one node or several; others may copy what has come so far. */
export class Pull {
  readonly id: ObjectId;
  readonly size: number;
  readonly children: readonly string[];
  /** Sources that have failed it. */
  readonly without: Set<PlaceId> = new Set();
  /** How often all of them had. */
  failures = 0;
  /** Where it goes, once there is room. */
  block: Block | undefined;
  readonly #chunkBytes: number;
  readonly #chunks: Uint8Array;
  #left: number;
  #next = 0;
  /** What each source has been asked for and has not sent. */
  readonly #asked: Map<PlaceId, Set<number>> = new Map();
  readonly #readers: Map<number, (() => void)[]> = new Map();
  /** Parts of the block that are on their way to others from where they lie. */
  #lent = 0;
  #whenReturned: (() => void) | undefined;

  constructor(id: ObjectId, { size, children, chunkBytes }: { size: number; children: readonly string[]; chunkBytes: number }) {
    this.id = id;
    this.size = size;
    this.children = children;
    this.#chunkBytes = chunkBytes;
    this.#left = Math.ceil(size / chunkBytes);
    this.#chunks = new Uint8Array(this.#left);
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  get hasSources(): boolean {
    return this.#asked.size > 0;
  }

  use(sources: readonly PlaceId[]): void {
    for (const source of sources) if (!this.#asked.has(source)) this.#asked.set(source, new Set());
  }

  /** The source gives no more: others are asked for what it owes. `false` if it was none. */
  drop(source: PlaceId): boolean {
    const asked = this.#asked.get(source);
    if (asked === undefined) return false;
    this.#asked.delete(source);
    this.without.add(source);
    for (const chunk of asked) {
      this.#chunks[chunk] = Chunk.missing;
      this.#next = Math.min(this.#next, chunk);
    }
    return true;
  }

  /** The next parts to ask for, so that not more than `window` are on their way. They count as asked for. */
  *requests(window: number): Generator<ChunkRequest> {
    for (;;) {
      let outstanding = 0;
      let least: [PlaceId, Set<number>] | undefined;
      for (const source of this.#asked) {
        outstanding += source[1].size;
        if (least === undefined || source[1].size < least[1].size) least = source;
      }
      while (this.#next < this.#chunks.length && this.#chunks[this.#next] !== Chunk.missing) this.#next++;
      if (least === undefined || outstanding >= window || this.#next === this.#chunks.length) return;
      const [source, asked] = least;
      this.#chunks[this.#next] = Chunk.asked;
      asked.add(this.#next);
      yield { source, ...this.#range(this.#next) };
    }
  }

  /** Whether the source owes the part that begins there. */
  isAsked(source: PlaceId, offset: number): boolean {
    return this.#asked.get(source)?.has(offset / this.#chunkBytes) ?? false;
  }

  /** Takes in a part that a source owes. `false` if it is not what was asked for. */
  take(source: PlaceId, offset: number, bytes: Uint8Array): boolean {
    const chunk = offset / this.#chunkBytes;
    if (this.block === undefined || bytes.byteLength !== this.#range(chunk).length) return false;
    this.#asked.get(source)?.delete(chunk);
    new Uint8Array(this.block.buffer).set(bytes, offset);
    this.#chunks[chunk] = Chunk.here;
    this.#left--;
    const readers = this.#readers.get(chunk);
    this.#readers.delete(chunk);
    for (const reader of readers ?? []) reader();
    return true;
  }

  /** Calls back when the bytes from `offset` on are in the block, a chunk at most, or will never be: see `holds`. */
  whenHere(offset: number, action: () => void): void {
    const chunk = Math.floor(offset / this.#chunkBytes);
    if (this.#chunks[chunk] === Chunk.here) {
      action();
      return;
    }
    const readers = this.#readers.get(chunk);
    if (readers === undefined) this.#readers.set(chunk, [action]);
    else readers.push(action);
  }

  /** Whether these bytes are in the block. */
  holds(offset: number, length: number): boolean {
    for (let at = Math.floor(offset / this.#chunkBytes); at * this.#chunkBytes < offset + length; at++) {
      if (this.#chunks[at] !== Chunk.here) return false;
    }
    return this.block !== undefined;
  }

  /** A part of the block is sent on from where it lies. Returns what is to be called when it has left. */
  lend(): () => void {
    this.#lent++;
    return () => {
      this.#lent--;
      if (this.#lent === 0) this.#whenReturned?.();
    };
  }

  /** Calls back once nothing that was lent is on its way any more. Nothing is lent after that. */
  whenReturned(action: () => void): void {
    if (this.#lent === 0) action();
    else this.#whenReturned = action;
  }

  /** It is given up: those who read it are told. */
  abandon(): void {
    this.#chunks.fill(Chunk.missing);
    const readers = [...this.#readers.values()].flat();
    this.#readers.clear();
    for (const reader of readers) reader();
  }

  #range(chunk: number): { offset: number; length: number } {
    const offset = chunk * this.#chunkBytes;
    return { offset, length: Math.min(this.#chunkBytes, this.size - offset) };
  }
}
