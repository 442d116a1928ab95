/** The size of buffers that are kept for use again: that of the parts in which large values travel. */
export const POOLED_BYTES: number = 2 * 1024 * 1024;
/** Buffers that are kept at a time. */
const KEPT_AT_MOST = 16;

/**
 * Shared buffers for parts of large values on their way: writing to fresh memory costs several times as much as to
 * memory that was used before. Who takes one and passes it on to nobody else may give it back; who does not, leaves it
 * to the collector. Other sizes are made anew.
 */
export class SharedPool {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #taken: WeakSet<SharedArrayBuffer> = new WeakSet();

  /** A buffer with whatever its last use left. */
  take(bytes: number): SharedArrayBuffer {
    if (bytes !== POOLED_BYTES) return new SharedArrayBuffer(bytes);
    const buffer = this.#free.pop() ?? new SharedArrayBuffer(bytes);
    this.#taken.add(buffer);
    return buffer;
  }

  /** Does nothing for a buffer that was not taken here, or was given back already. */
  giveBack(buffer: unknown): void {
    if (!(buffer instanceof SharedArrayBuffer) || !this.#taken.delete(buffer)) return;
    if (this.#free.length < KEPT_AT_MOST) this.#free.push(buffer);
  }
}

/** This thread's. */
export const sharedPool: SharedPool = new SharedPool();
