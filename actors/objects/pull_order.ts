import type { ObjectId } from "../../runtime/kernel/mod.ts";

/** Why a value is brought here, the most urgent first: somebody waits for it; a task needs it before it can begin. */
export const PULL_REASONS = ["get", "argument"] as const;
export type PullReason = (typeof PULL_REASONS)[number];

/**
 * Which values are brought here now: the most urgent first, and first come first, as many as fit the bytes that may be
 * in flight. One that is larger than that goes alone.
 */
export class PullOrder {
  readonly #maxBytes: number;
  readonly #waiting: Map<PullReason, Map<ObjectId, number>>;
  readonly #running: Map<ObjectId, number> = new Map();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#waiting = new Map(PULL_REASONS.map((reason) => [reason, new Map()]));
  }

  /** Bytes that may be in flight for those that run. */
  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    let count = 0;
    for (const queue of this.#waiting.values()) count += queue.size;
    return count;
  }

  /** `bytes`: what it may have in flight at once. One that waits already waits no longer, if this is more urgent. */
  add(id: ObjectId, { bytes, reason }: { bytes: number; reason: PullReason }): void {
    if (this.#running.has(id)) return;
    for (const [urgency, queue] of this.#waiting) {
      if (!queue.has(id)) continue;
      if (PULL_REASONS.indexOf(urgency) <= PULL_REASONS.indexOf(reason)) return;
      queue.delete(id);
    }
    this.#waiting.get(reason)?.set(id, bytes);
  }

  /** The next that may run, which it does from now on. */
  next(): ObjectId | undefined {
    for (const queue of this.#waiting.values()) {
      for (const [id, bytes] of queue) {
        // None of less urgency goes first, or a large one would wait for ever.
        if (this.#running.size > 0 && this.#bytes + bytes > this.#maxBytes) return undefined;
        queue.delete(id);
        this.#running.set(id, bytes);
        this.#bytes += bytes;
        return id;
      }
    }
    return undefined;
  }

  /** It has ended, or is not wanted any more. */
  remove(id: ObjectId): void {
    for (const queue of this.#waiting.values()) queue.delete(id);
    this.#bytes -= this.#running.get(id) ?? 0;
    this.#running.delete(id);
  }
}
