/** Less than that is not worth a collection. */
const STALE_BYTES = 16 * 1024 * 1024;
const STALE_AFTER_MS = 10_000;
/** The part of a thread's time that goes to such collections, at most, however long one takes. */
const TIME_PART = 0.01;

export interface StaleMemoryOptions {
  collectGarbage(): void;
  readonly clock: { now(): number; after(delayMs: number, action: () => void): unknown };
}

/**
 * Shared memory that a thread may have let go of, which only its collector finds. A collector that does not count shared
 * memory (V8's) leaves it for minutes in a thread that makes little other garbage, and no other thread can free it before.
 * So it is asked to look when much has waited for a time.
 */
export class StaleMemory {
  readonly #options: StaleMemoryOptions;
  #bytes = 0;
  #due = false;
  #tookMs = 0;

  constructor(options: StaleMemoryOptions) {
    this.#options = options;
  }

  /** None where the collector counts shared memory by itself. */
  static of(engine: { readonly countsSharedMemory: boolean; collectGarbage(): void }, clock: StaleMemoryOptions["clock"]): StaleMemory | undefined {
    return engine.countsSharedMemory ? undefined : new StaleMemory({ collectGarbage: () => engine.collectGarbage(), clock });
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#due || this.#bytes < STALE_BYTES) return;
    this.#due = true;
    const { clock, collectGarbage } = this.#options;
    clock.after(Math.max(STALE_AFTER_MS, this.#tookMs / TIME_PART), () => {
      this.#due = false;
      if (this.#bytes < STALE_BYTES) return;
      this.#bytes = 0;
      const began = clock.now();
      collectGarbage();
      this.#tookMs = clock.now() - began;
    });
  }

  /** So much of it has been found, or there has been a collection for another reason. */
  less(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }
}
