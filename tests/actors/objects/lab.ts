import { MANAGER_PLACE, MemoryDisk, ObjectStore, type SpillDisk, type StoreEvents, type StoreSettings } from "../../../actors/objects/mod.ts";
import type { Clock } from "../../../runtime/kernel/mod.ts";
import { Accounting, Allocator } from "../../../runtime/memory/mod.ts";

/** Time that moves when told to. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #due: Set<{ at: number; action: () => void }> = new Set();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + delayMs, action };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  soon(action: () => void): void {
    this.after(0, action);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }
}

export const KIB = 1024;
export const MIB: number = 1024 * 1024;

interface PutOptions {
  place?: number;
  fill?: number;
  isCopy?: boolean;
}

/** A store and places, all in this thread. */
export class Lab {
  readonly clock: ManualClock;
  readonly accounting: Accounting;
  readonly store: ObjectStore;
  readonly disk: SpillDisk | undefined;
  readonly #places: Map<number, Allocator> = new Map();

  constructor(options: {
    capacity: number;
    disk?: SpillDisk | null;
    events?: StoreEvents;
    settings?: Partial<StoreSettings>;
  }) {
    this.clock = new ManualClock();
    this.accounting = Accounting.create(options.capacity);
    this.disk = options.disk === null ? undefined : (options.disk ?? new MemoryDisk());
    const { disk, accounting, clock } = this;
    this.store = new ObjectStore({
      accounting,
      clock,
      disk,
      events: options.events ?? {},
      settings: options.settings ?? {},
    });
  }

  place(number: number): Allocator {
    let allocator = this.#places.get(number);
    if (allocator === undefined) {
      const requestSpace = (request: { pages: number; ticket: SharedArrayBuffer }) => this.store.requestSpace(number, request);
      allocator = new Allocator(this.accounting, { place: number, requestSpace, mayBlock: false });
      this.#places.set(number, allocator);
    }
    return allocator;
  }

  forget(number: number): void {
    this.#places.delete(number);
  }

  /** Puts an object of `bytes`, all of them `fill`. */
  async put(id: string, bytes: number, options: PutOptions = {}): Promise<void> {
    const { place = 1, fill = 1, isCopy = false } = options;
    const allocator = this.place(place);
    const buffer = await allocator.allocateAsync(bytes);
    new Uint8Array(buffer, 0, bytes).fill(fill);
    this.store.seal(id, buffer, { slot: allocator.slotOf(buffer), bytes, owner: place, isCopy });
  }

  /** The bytes of an object as they are now, read without a lasting view. */
  async read(id: string): Promise<Uint8Array | undefined> {
    const held = await this.store.pin(id);
    if (held?.buffer === undefined) return undefined;
    const bytes = new Uint8Array(held.buffer, 0, held.bytes).slice();
    this.store.unpin(id);
    return bytes;
  }

  /** Waits, a turn at a time, until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; !condition(); turn++) {
      if (turn > 5000) throw new Error("The condition never came true.");
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  settled(): Promise<void> {
    return this.until(() => this.store.stats().objects.SPILLING === 0 && this.store.stats().objects.RESTORING === 0);
  }
}

export { MANAGER_PLACE };
