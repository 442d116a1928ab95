import { isQuiet, type ObjectRecord } from "./object_record.ts";

/**
 * The objects whose memory can be had, least recently used first: quiet ones in memory.
 * A policy only: it moves nothing.
 */
export class EvictionOrder {
  /** Free to drop: copies of what another node has, and what is on disk already. */
  readonly #droppable: Map<string, ObjectRecord> = new Map();
  readonly #spillable: Map<string, ObjectRecord> = new Map();

  /** To be called whenever something about a record has changed, or it has been used. */
  touch(record: ObjectRecord): void {
    this.remove(record);
    if (record.state !== "IN_MEMORY" || record.block === undefined || !isQuiet(record)) return;
    const free = record.isCopy || record.location !== undefined;
    (free ? this.#droppable : this.#spillable).set(record.id, record);
  }

  remove(record: ObjectRecord): void {
    if (!this.#droppable.delete(record.id)) this.#spillable.delete(record.id);
  }

  /** What to drop next. */
  nextDrop(): ObjectRecord | undefined {
    return this.#droppable.values().next().value;
  }

  /** What to write next: until `pages` are reached, `maxObjects` at most, the last one whole. */
  nextBatch({ pages, maxObjects }: { pages: number; maxObjects: number }): ObjectRecord[] {
    const batch: ObjectRecord[] = [];
    let sum = 0;
    for (const record of this.#spillable.values()) {
      if (sum >= pages || batch.length >= maxObjects) break;
      batch.push(record);
      sum += record.block?.pages ?? 0;
    }
    return batch;
  }
}
