import type { Clock } from "../../runtime/kernel/mod.ts";
import { type Accounting, type Block, bytesOf, classPages, SlotTable, type SpaceRequest, StoreFullFault } from "../../runtime/memory/mod.ts";
import { EvictionOrder } from "./eviction.ts";
import { FreeBlocks } from "./free_blocks.ts";
import { Grants } from "./grants.ts";
import { type Held, isQuiet, newRecord, type ObjectRecord, takeArrivals } from "./object_record.ts";
import { move, type ObjectState } from "./object_state.ts";
import { Remains } from "./remains.ts";
import { RoomMaker } from "./room_maker.ts";
import { STORE_DEFAULTS } from "./settings.ts";
import { ownWaiter, type Stock, ticketWaiter } from "./space_queue.ts";
import { SpillCorruptFault, type SpillDisk, SpillFiles } from "./spill/mod.ts";
import type { ObjectStoreOptions, SealOptions, StoreEvents } from "./store_options.ts";
import { measure, type StoreStats, viewersOf, whoHoldsWhat } from "./store_report.ts";
import { Trimming } from "./trimming.ts";

/** The manager's own number among the places of its node. */
export const MANAGER_PLACE = 0;

/**
 * The objects of a node: where each is, who has views on it, and the memory that all of them take.
 *
 * An object that was accepted stays until it is freed, whatever happens to room: it is in memory or on disk.
 * Places are numbers within the node. News of a place must be told in the order in which it sent them, and its death
 * last.
 */
export class ObjectStore {
  readonly #accounting: Accounting;
  readonly #slots: SlotTable;
  readonly #free: FreeBlocks;
  readonly #stock: Stock;
  readonly #remains: Remains;
  readonly #clock: Clock;
  readonly #events: StoreEvents;
  readonly #disk: SpillDisk | undefined;
  readonly #files: SpillFiles | undefined;
  readonly #order: EvictionOrder = new EvictionOrder();
  readonly #room: RoomMaker;
  readonly #trimming: Trimming;
  readonly #records: Map<string, ObjectRecord> = new Map();
  #inlineBytes = 0;

  constructor(options: ObjectStoreOptions) {
    const settings = { ...STORE_DEFAULTS, ...options.settings };
    const { accounting } = options;
    this.#accounting = accounting;
    this.#clock = options.clock;
    this.#events = options.events ?? {};
    this.#disk = options.disk;
    this.#files = options.disk && new SpillFiles(options.disk);
    this.#slots = new SlotTable(accounting);
    this.#trimming = new Trimming({
      clock: this.#clock,
      everyMs: settings.trimAfterMs,
      trim: () => {
        const found = this.#remains.sweep();
        return this.#room.reclaimUnused() || found;
      },
    });
    const maxPages = Math.floor(accounting.capacityPages * settings.cachedPart);
    const retired = (pages: number): void => this.#events.retired?.(bytesOf(pages));
    this.#free = new FreeBlocks(this.#slots, { maxPages, manager: MANAGER_PLACE, waits: () => this.#trimming.due(), retired });
    this.#remains = new Remains(this.#slots);
    this.#stock = { slots: this.#slots, free: this.#free, grants: new Grants(accounting) };
    this.#room = new RoomMaker({
      accounting,
      settings,
      clock: this.#clock,
      events: this.#events,
      free: this.#free,
      order: this.#order,
      files: this.#files,
      drop: (record) => this.#drop(record),
      settle: (record) => this.#settle(record),
      release: (record) => this.#releaseBlock(record),
      sweep: () => this.#remains.sweep(),
      describe: (spilling) => whoHoldsWhat(this.#records.values(), { accounting, spilling }),
      viewers: () => this.viewers(),
    });
  }

  stateOf(id: string): ObjectState | undefined {
    return this.#records.get(id)?.state;
  }

  bytesOf(id: string): number | undefined {
    return this.#records.get(id)?.bytes;
  }

  /** A value that is kept as it is; `undefined` if there is none, or it is in shared memory. */
  inlineOf(id: string): unknown {
    return this.#records.get(id)?.inline;
  }

  ids(): MapIterator<string> {
    return this.#records.keys();
  }

  /** The object will come. Nothing if it is here. */
  expect(id: string, owner?: number): void {
    const record = this.#records.get(id);
    if (record === undefined) this.#records.set(id, newRecord(id, owner));
    else if (record.state === "FREED" || record.state === "LOST") this.#renew(record);
  }

  /**
   * Accepts a value that a place has written into a buffer of its allocator. The place keeps no view on it.
   * `false`: there is a value under this id already, or the slot is not the place's, as when that was reported dead; this
   * one is dropped.
   */
  seal(id: string, buffer: SharedArrayBuffer, options: SealOptions): boolean {
    const block = this.#free.filled(buffer, options);
    if (block === undefined) return false;
    const record = this.#pending(id, options.owner);
    if (record === undefined) {
      this.#free.release(block);
      this.#room.relieve();
      return false;
    }
    record.block = block;
    record.bytes = options.bytes;
    record.isCopy = options.isCopy ?? false;
    if (options.pinned === true) record.pins++;
    move(record, "IN_MEMORY");
    this.#settle(record);
    this.#room.keepBelowThreshold();
    return true;
  }

  /** Keeps a small value as it is, outside shared memory and its limits. `false` if there is one already. */
  storeInline(id: string, value: unknown, { bytes, owner }: { bytes: number; owner?: number }): boolean {
    const record = this.#pending(id, owner);
    if (record === undefined) return false;
    record.inline = value;
    record.bytes = bytes;
    this.#inlineBytes += bytes;
    move(record, "IN_MEMORY");
    return true;
  }

  /**
   * The object for `place`, which may have views on it from now on, until `unmapped`. It is restored from disk if need
   * be; `undefined` if it is not here, or freed meanwhile.
   * @throws StoreFullFault, OutOfDiskFault (as rejections): no room to restore it to; it stays on disk.
   * @throws SpillCorruptFault (as a rejection): it is lost.
   */
  get(id: string, place: number): Held | undefined | Promise<Held | undefined> {
    return this.#use(id, place);
  }

  /** The object for the manager itself, as for a transfer; it stays in memory until `unpin`. Otherwise as `get`. */
  pin(id: string): Held | undefined | Promise<Held | undefined> {
    return this.#use(id, undefined);
  }

  unpin(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined || record.pins === 0) return;
    record.pins--;
    this.#settle(record);
    this.#room.relieve();
  }

  /** `place` has no views any more on one buffer each that it got for these objects. */
  unmapped(place: number, ids: Iterable<string>): void {
    for (const id of ids) {
      const record = this.#records.get(id);
      // Late news of a place that has been reported dead.
      if (record === undefined || record.viewers.get(place) <= 0) continue;
      record.viewers.add(place, -1);
      this.#settle(record);
    }
    this.#room.relieve();
  }

  /** Nobody needs the object any more. Its memory is used again when the last view has gone. */
  free(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined || record.state === "FREED") return;
    this.#end(record, "FREED");
    this.#room.relieve();
  }

  /** The object will not come. Nothing if it is here, or nobody expects it. */
  lose(id: string): void {
    const record = this.#records.get(id);
    if (record?.state === "PENDING") this.#end(record, "LOST");
  }

  /** A copy is the primary from now on: it is spilled for room and not dropped. `isPrimary` false: the other way round. */
  keep(id: string, isPrimary = true): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    record.isCopy = !isPrimary;
    this.#order.touch(record);
  }

  /** Whether it is here as no copy of what another node keeps. */
  isPrimary(id: string): boolean {
    return this.#records.get(id)?.isCopy === false;
  }

  /** A place needs room for a buffer, and waits for the answer, perhaps with its thread blocked. */
  requestSpace(place: number, { pages, ticket }: SpaceRequest): void {
    this.#room.request(ticketWaiter(this.#stock, { pages, place, since: this.#clock.now(), ticket }));
  }

  /** A buffer for the manager's own use: seal it, or `discard` it. @throws StoreFullFault, OutOfDiskFault */
  allocate(bytes: number): Promise<Block> {
    return new Promise((granted, refused) => this.#acquire(bytes, { granted, refused }));
  }

  discard(block: Block): void {
    this.#free.release(block);
    this.#room.relieve();
  }

  /** Ends the views, requests and unsealed buffers of a place. What it has sealed stays. */
  placeDied(place: number): void {
    this.#room.forget(place);
    this.#stock.grants.placeDied(place);
    this.#free.inherit(place);
    for (const record of this.#records.values()) {
      for (const block of record.block ? [record.block, ...record.older] : record.older) {
        // Its thread is not there to take it again; and its number may be given to another.
        if (this.#slots.issuerOf(block.slot) === place) this.#slots.adopt(block, MANAGER_PLACE);
      }
      // What it waits for comes, and nobody would say that it has gone from view there.
      for (const arrival of takeArrivals(record, (each) => each.place === place)) arrival.resolve(undefined);
      if (record.viewers.clear(place) !== 0) this.#settle(record);
    }
    this.#remains.placeDied(place);
    this.#trimming.due();
    this.#room.relieve();
  }

  /** Gives back the memory of all buffers that wait for reuse, however long. */
  trim(): void {
    this.#room.reclaim(this.#accounting.capacityPages);
  }

  stats(): StoreStats {
    return measure(this.#records.values(), {
      accounting: this.#accounting,
      inlineBytes: this.#inlineBytes,
      diskBytes: this.#files?.liveBytes ?? 0,
      waiting: this.#room.waiting,
    });
  }

  /** Refuses what waits, and removes all that is on disk. */
  async close(): Promise<void> {
    this.#room.close();
    this.#trimming.close();
    await this.#disk?.close();
  }

  #use(id: string, place: number | undefined): Held | undefined | Promise<Held | undefined> {
    const record = this.#records.get(id);
    switch (record?.state) {
      case "IN_MEMORY":
      case "SPILLING":
        return this.#hand(record, place);
      case "SPILLED":
      case "RESTORING":
        return new Promise((resolve, reject) => {
          record.arrivals.push({ place, resolve, reject });
          if (record.state === "SPILLED") this.#restore(record);
        });
      default:
        return undefined;
    }
  }

  #hand(record: ObjectRecord, place: number | undefined): Held {
    if (record.block === undefined) return { bytes: record.bytes, inline: record.inline };
    if (place === undefined) record.pins++;
    else record.viewers.add(place, 1);
    this.#order.touch(record);
    return { bytes: record.bytes, buffer: record.block.buffer };
  }

  #restore(record: ObjectRecord): void {
    move(record, "RESTORING");
    this.#acquire(record.bytes, {
      granted: (block) => {
        if (record.state === "RESTORING") void this.#readBack(record, block);
        else this.#free.release(block);
      },
      refused: (fault) => {
        if (record.state !== "RESTORING") return;
        move(record, "SPILLED");
        for (const arrival of takeArrivals(record)) arrival.reject(fault);
      },
    });
  }

  async #readBack(record: ObjectRecord, block: Block): Promise<void> {
    record.block = block;
    record.busy = true;
    let fault: unknown;
    try {
      await this.#files!.read(record.location!, new Uint8Array(block.buffer, 0, record.bytes));
    } catch (error) {
      fault = error;
    }
    record.busy = false;
    if (record.state === "RESTORING") {
      if (fault === undefined) {
        move(record, "IN_MEMORY");
        // Now, before anything can evict it again.
        for (const arrival of takeArrivals(record)) arrival.resolve(this.#hand(record, arrival.place));
      } else this.#readFailed(record, fault);
    }
    this.#settle(record);
    this.#room.keepBelowThreshold();
  }

  #readFailed(record: ObjectRecord, fault: unknown): void {
    this.#releaseBlock(record);
    const arrivals = takeArrivals(record);
    if (fault instanceof SpillCorruptFault) {
      this.#end(record, "LOST");
      this.#events.lost?.(record.id, fault);
    } else move(record, "SPILLED");
    for (const arrival of arrivals) arrival.reject(fault);
  }

  #acquire(bytes: number, request: { granted(block: Block): void; refused(fault: Error): void }): void {
    const capacityPages = this.#accounting.capacityPages;
    const pages = classPages(bytes, capacityPages);
    if (pages > capacityPages) {
      const [capacityBytes, usedBytes] = [bytesOf(capacityPages), bytesOf(this.#accounting.usedPages)];
      const reason = "the value is larger than the whole store.";
      return request.refused(new StoreFullFault({ neededBytes: bytes, capacityBytes, usedBytes, reason }));
    }
    this.#room.request(ownWaiter(this.#stock, { ...request, pages, manager: MANAGER_PLACE, since: this.#clock.now() }));
  }

  /** The record to put a new value in, `undefined` if there is a value. */
  #pending(id: string, owner: number | undefined): ObjectRecord | undefined {
    this.expect(id, owner);
    const record = this.#records.get(id);
    if (record?.state !== "PENDING") return undefined;
    record.owner = owner ?? record.owner;
    return record;
  }

  /** The value is made again. Views on an earlier one may still be there, and cannot be told from new ones. */
  #renew(record: ObjectRecord): void {
    if (record.block !== undefined) record.older.push(record.block);
    record.block = undefined;
    move(record, "PENDING");
  }

  /** For room: a copy goes for good, a primary is on disk. */
  #drop(record: ObjectRecord): void {
    if (record.isCopy) {
      this.#end(record, "FREED");
      this.#events.evicted?.(record.id);
    } else {
      move(record, "SPILLED");
      this.#releaseBlock(record);
      this.#settle(record);
    }
  }

  #end(record: ObjectRecord, state: "FREED" | "LOST"): void {
    move(record, state);
    if (record.location !== undefined) void this.#files?.release(record.location).then(() => this.#room.diskEased());
    record.location = undefined;
    if (record.inline !== undefined) this.#inlineBytes -= record.bytes;
    record.inline = undefined;
    for (const arrival of takeArrivals(record)) arrival.resolve(undefined);
    this.#settle(record);
  }

  /** After any change: lets go of what nobody uses any more, and keeps the order of eviction. */
  #settle(record: ObjectRecord): void {
    this.#order.touch(record);
    if (!isQuiet(record)) return;
    for (const block of record.older.splice(0)) this.#free.release(block);
    if (record.state !== "FREED") return;
    this.#releaseBlock(record);
    this.#records.delete(record.id);
  }

  #releaseBlock(record: ObjectRecord): void {
    if (record.block !== undefined) this.#free.release(record.block);
    record.block = undefined;
  }

  /** The places that may have views. */
  viewers(): number[] {
    return viewersOf(this.#records.values());
  }
}
