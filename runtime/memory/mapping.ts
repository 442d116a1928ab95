import type { StaleMemory } from "./stale_memory.ts";

/** Shared memory newly mapped in a thread after which its collector is asked to look, where it does not by itself. */
export const COLLECT_EVERY_BYTES: number = 256 * 1024 * 1024;

/** The part of that at which it is worth a collection when room is needed anyway. */
const WORTH_PART = 0.25;

export interface MappingOptions {
  /** Objects of which one handed-over buffer each is unused here now; an id comes once for each buffer. */
  report(ids: readonly string[]): void;
  /** Runs the garbage collector, if the runtime can. V8 does not count shared memory when it decides to collect. */
  collectGarbage?(): void;
  collectEveryBytes?: number;
  /** When a collection that is due runs; default: at the end of the turn. */
  later?(collect: () => void): void;
  /** Hears what may be garbage here. */
  stale?: Pick<StaleMemory, "add" | "less"> | undefined;
}

interface Mapped {
  readonly id: string;
  readonly buffer: WeakRef<SharedArrayBuffer>;
  readonly bytes: number;
}

/**
 * The shared buffers that user code of this thread may have views on.
 *
 * Each buffer handed over by the manager is watched on its own: a view keeps its buffer alive, so a collected buffer
 * has no views. Reports are batched by turn.
 */
export class Mapping {
  readonly #options: MappingOptions;
  readonly #mapped: Set<Mapped> = new Set();
  readonly #collected: FinalizationRegistry<Mapped>;
  readonly #collectEveryBytes: number;
  #gone: string[] = [];
  #bytes = 0;
  #sinceCollection = 0;
  #reportDue = false;
  #collectionDue = false;

  constructor(options: MappingOptions) {
    this.#options = options;
    this.#collectEveryBytes = options.collectEveryBytes ?? COLLECT_EVERY_BYTES;
    this.#collected = new FinalizationRegistry((mapped) => this.#lost(mapped));
  }

  /** Bytes that may have views here, the collector's delay included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The manager has handed over `buffer`, a wrapper that nobody else in this thread keeps, for object `id`. */
  mapped(id: string, buffer: SharedArrayBuffer): void {
    const mapped: Mapped = { id, buffer: new WeakRef(buffer), bytes: buffer.byteLength };
    this.#mapped.add(mapped);
    this.#collected.register(buffer, mapped);
    this.#bytes += mapped.bytes;
    this.allocated(mapped.bytes);
  }

  /** Memory that was allocated here: what it holds is garbage once its refs are, which only the collector finds. */
  allocated(bytes: number): void {
    this.#sinceCollection += bytes;
    this.#options.stale?.add(bytes);
    if (this.#sinceCollection >= this.#collectEveryBytes) this.#collectSoon();
  }

  /** So much of what was allocated needs no collector any more. */
  released(bytes: number): void {
    this.#sinceCollection = Math.max(0, this.#sinceCollection - bytes);
    this.#options.stale?.less(bytes);
  }

  /** As `collect`, if so much is new since the last time that there may be something to gain. */
  collectIfWorthIt(): void {
    if (this.#sinceCollection >= this.#collectEveryBytes * WORTH_PART) this.collect();
    else this.flush();
  }

  /** Collects and reports now, as far as the runtime can within this turn. For a thread that is about to block. */
  collect(): void {
    this.#collectNow();
    for (const mapped of this.#mapped) if (mapped.buffer.deref() === undefined) this.#lost(mapped);
    this.flush();
  }

  flush(): void {
    if (this.#gone.length === 0) return;
    const gone = this.#gone;
    this.#gone = [];
    this.#options.report(gone);
  }

  #lost(mapped: Mapped): void {
    // Found by `collect` before the registry told.
    if (!this.#mapped.delete(mapped)) return;
    this.#bytes -= mapped.bytes;
    this.#options.stale?.less(mapped.bytes);
    this.#gone.push(mapped.id);
    if (this.#reportDue) return;
    this.#reportDue = true;
    queueMicrotask(() => {
      this.#reportDue = false;
      this.flush();
    });
  }

  #collectSoon(): void {
    if (this.#options.collectGarbage === undefined || this.#collectionDue) return;
    this.#collectionDue = true;
    // After this turn's code, which may still hold what it is about to let go.
    (this.#options.later ?? queueMicrotask)(() => {
      this.#collectionDue = false;
      // Unless what was new has been let go of by hand meanwhile.
      if (this.#sinceCollection >= this.#collectEveryBytes) this.#collectNow();
    });
  }

  #collectNow(): void {
    this.#sinceCollection = 0;
    this.#options.stale?.less(Number.POSITIVE_INFINITY);
    this.#options.collectGarbage?.();
  }
}
