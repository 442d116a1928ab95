import type { Clock } from "../../runtime/kernel/mod.ts";
import { type Accounting, bytesOf, OutOfDiskFault, pagesOf } from "../../runtime/memory/mod.ts";
import type { EvictionOrder } from "./eviction.ts";
import type { FreeBlocks, Reclaimed } from "./free_blocks.ts";
import { isQuiet, type ObjectRecord } from "./object_record.ts";
import { move } from "./object_state.ts";
import { SMALL_BATCH_PART, type StoreSettings } from "./settings.ts";
import { SpaceQueue, type SpaceWaiter } from "./space_queue.ts";
import { MAX_OBJECTS_PER_FILE, type SpillFiles } from "./spill/mod.ts";
import type { StoreEvents } from "./store_options.ts";

/** How much less often places are asked to collect while there is something to spill. */
const WHILE_SPILLING = 4;

export interface RoomMakerOptions {
  accounting: Accounting;
  settings: StoreSettings;
  clock: Clock;
  events: StoreEvents;
  free: FreeBlocks;
  order: EvictionOrder;
  files: SpillFiles | undefined;
  /** Takes a droppable object out of memory at once. */
  drop(record: ObjectRecord): void;
  /** Looks at a record after a change. */
  settle(record: ObjectRecord): void;
  /** Lets go of a record's buffer. */
  release(record: ObjectRecord): void;
  /** Gives back what dead places have left. Returns whether there was anything. */
  sweep(): boolean;
  /** Who keeps the store full. */
  describe(spilling: string): string;
  /** The places that have views. */
  viewers(): number[];
}

/**
 * Makes room, in this order: buffers that wait for reuse, copies and objects that are on disk already, spilling, and
 * views that the collector finds unused. Refuses what none of it helps within the grace.
 */
export class RoomMaker {
  readonly #options: RoomMakerOptions;
  readonly #queue: SpaceQueue;
  #writes = 0;
  #writingPages = 0;
  #diskFault: { error: unknown; until: number } | undefined;
  #askedToCollect: number = Number.NEGATIVE_INFINITY;
  #cancelRecheck: (() => void) | undefined;
  #closed = false;

  constructor(options: RoomMakerOptions) {
    this.#options = options;
    this.#queue = new SpaceQueue(options.accounting);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  request(waiter: SpaceWaiter): void {
    if (this.#closed) return waiter.refuse("the store is closed.", { disk: false });
    this.#queue.push(waiter);
    this.relieve();
  }

  /** Drops the requests of a place. */
  forget(place: number): void {
    this.#queue.remove(place);
  }

  /** Serves those who wait as far as there is room, and sets about making more. To be called after any news. */
  relieve(): void {
    for (let head = this.#queue.head; head !== undefined; head = this.#queue.head) {
      if (head.serve()) this.#queue.shift();
      else if (!this.#evictNow(this.#shortfall(head))) {
        const toWrite = this.#shortfall(head) - this.#writingPages;
        if (toWrite > 0) this.#startWrite(toWrite);
        if (!this.#isOverdue(head)) break;
        if (this.#options.sweep()) continue;
        this.#queue.shift();
        this.#refuse(head);
      }
    }
    this.#watch();
  }

  /** Spills ahead of need when too much is in use. */
  keepBelowThreshold(): void {
    const { accounting, settings, order } = this.#options;
    const limit = accounting.capacityPages * settings.spillAt;
    const excess = (): number => accounting.usedPages - accounting.cachedPages - this.#writingPages - limit;
    while (excess() > 0) {
      const record = order.nextDrop();
      if (record === undefined) break;
      this.#options.drop(record);
    }
    if (excess() > 0) this.#startWrite(excess());
    this.relieve();
  }

  /** Something on disk was let go of: it may take more now. */
  diskEased(): void {
    if (this.#diskFault === undefined) return;
    this.#diskFault = undefined;
    this.relieve();
  }

  /** Takes back buffers that wait for reuse. Returns the pages. */
  reclaim(pages: number): number {
    return this.#reclaimed(this.#options.free.reclaim(pages));
  }

  /** Takes back those that have waited since before the last time. Returns whether others wait. */
  reclaimUnused(): boolean {
    this.#reclaimed(this.#options.free.reclaimUnused());
    return this.#options.free.any;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRecheck?.();
    for (let waiter = this.#queue.shift(); waiter !== undefined; waiter = this.#queue.shift()) {
      waiter.refuse("the store is closed.", { disk: false });
    }
  }

  #reclaimed({ pages, issuers }: Reclaimed): number {
    if (issuers.size > 0) this.#options.events.reclaimed?.([...issuers]);
    return pages;
  }

  #shortfall(head: SpaceWaiter): number {
    return head.pages - this.#options.accounting.freePages;
  }

  /** Frees some memory at once, if it can. */
  #evictNow(shortfall: number): boolean {
    if (this.reclaim(shortfall) > 0) return true;
    const record = this.#options.order.nextDrop();
    if (record === undefined) return false;
    this.#options.drop(record);
    return true;
  }

  #startWrite(pages: number): void {
    const { files, order, settings, accounting, clock } = this.#options;
    if (files === undefined || this.#closed || this.#writes >= settings.parallelWrites) return;
    if (this.#diskFault !== undefined && clock.now() < this.#diskFault.until) return;
    const least = Math.min(pagesOf(settings.batchBytes), accounting.capacityPages * SMALL_BATCH_PART);
    const batch = order.nextBatch({ pages: Math.max(pages, least), maxObjects: MAX_OBJECTS_PER_FILE });
    if (batch.length === 0) return;
    // Some of it may be garbage that no collector has looked at.
    this.#askToCollect(settings.collectEveryMs * WHILE_SPILLING);
    void this.#write(batch, files);
  }

  async #write(batch: readonly ObjectRecord[], files: SpillFiles): Promise<void> {
    const blocks = batch.map((record) => record.block!);
    const pages = blocks.reduce((sum, block) => sum + block.pages, 0);
    for (const record of batch) {
      move(record, "SPILLING");
      record.busy = true;
      this.#options.settle(record);
    }
    this.#writes++;
    this.#writingPages += pages;
    try {
      const locations = await files.write(batch.map(({ bytes }, i) => new Uint8Array(blocks[i]!.buffer, 0, bytes)));
      this.#diskFault = undefined;
      batch.forEach((record, i) => {
        record.busy = false;
        // Freed, and perhaps made anew, while it was written.
        if (record.state !== "SPILLING" || record.block !== blocks[i]) void files.release(locations[i]!);
        else {
          record.location = locations[i];
          // Somebody may have come for it meanwhile.
          const quiet = isQuiet(record);
          move(record, quiet ? "SPILLED" : "IN_MEMORY");
          if (quiet) this.#options.release(record);
        }
      });
    } catch (error) {
      this.#diskFault = { error, until: this.#options.clock.now() + this.#options.settings.diskRetryMs };
      for (const record of batch) {
        record.busy = false;
        if (record.state === "SPILLING") move(record, "IN_MEMORY");
      }
    }
    this.#writes--;
    this.#writingPages -= pages;
    for (const record of batch) this.#options.settle(record);
    this.keepBelowThreshold();
  }

  #isOverdue(head: SpaceWaiter): boolean {
    const { clock, settings } = this.#options;
    if (this.#writes > 0) return false;
    this.#askToCollect(settings.collectEveryMs);
    return clock.now() - head.since >= settings.fullGraceMs;
  }

  #askToCollect(everyMs: number): void {
    const { clock, events } = this.#options;
    const now = clock.now();
    if (now - this.#askedToCollect < everyMs) return;
    this.#askedToCollect = now;
    events.collect?.(this.#options.viewers());
  }

  #refuse(head: SpaceWaiter): void {
    const fault = this.#diskFault?.error;
    const { files, describe } = this.#options;
    if (files === undefined) return head.refuse(describe("there is no disk to spill to"), { disk: false });
    if (fault === undefined) return head.refuse(describe("the rest is spilled"), { disk: false });
    const reason = fault instanceof OutOfDiskFault ? fault.reason : String(fault);
    head.refuse(`${reason} In memory, ${describe(`${bytesOf(head.pages)} bytes are needed`)}`, { disk: true });
  }

  /** Threads give memory back without a word, and time passes: look again soon while somebody waits. */
  #watch(): void {
    this.#cancelRecheck?.();
    this.#cancelRecheck = undefined;
    if (this.#queue.size === 0 || this.#closed) return;
    this.#cancelRecheck = this.#options.clock.after(this.#options.settings.recheckMs, () => this.relieve());
  }
}
