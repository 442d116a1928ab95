/** What a place tells the object manager about the objects and actors it holds. */
export interface HoldSink {
  hold(ids: readonly string[]): void;
  drop(ids: readonly string[]): void;
}

/**
 * The shared objects and actors that this place holds, one hold each however many refs there are.
 *
 * Only what has left a thread is here. The record of an id is kept weakly: when the last ref and the last value
 * that contains one are gone, the collector tells, and the hold is dropped. Dropping is batched by turn.
 */
export class LocalReferences<T extends object> {
  readonly #records: Map<string, WeakRef<T>> = new Map();
  readonly #collected: FinalizationRegistry<string>;
  readonly #sink: HoldSink;
  #holds: string[] = [];
  #drops: string[] = [];
  #scheduled = false;

  constructor(sink: HoldSink) {
    this.#sink = sink;
    this.#collected = new FinalizationRegistry((id) => {
      const record = this.#records.get(id);
      // A newer record of the same id has taken over; it has its own hold.
      if (record !== undefined && record.deref() === undefined) this.#records.delete(id);
      this.#drop(id);
    });
  }

  find(id: string): T | undefined {
    return this.#records.get(id)?.deref();
  }

  /** All that are alive. */
  *all(): Generator<T> {
    for (const reference of this.#records.values()) {
      const record = reference.deref();
      if (record !== undefined) yield record;
    }
  }

  /** Keeps a record under its id. `held` says that the object manager counts this place already. */
  track(id: string, record: T, held: boolean): void {
    this.#records.set(id, new WeakRef(record));
    this.#collected.register(record, id, record);
    if (!held) {
      this.#holds.push(id);
      this.#schedule();
    }
  }

  /** Lets go at once, without waiting for the collector. */
  release(id: string, record: T): void {
    if (this.#records.get(id)?.deref() !== record) return;
    this.#records.delete(id);
    this.#collected.unregister(record);
    this.#drop(id);
  }

  /** Gives back a hold that was added here by a sender although the place had one. */
  giveBack(id: string): void {
    this.#drop(id);
  }

  /** Tells what waits; called at the end of a turn and before anything that must come after it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#holds.length > 0) {
      const holds = this.#holds;
      this.#holds = [];
      this.#sink.hold(holds);
    }
    if (this.#drops.length > 0) {
      const drops = this.#drops;
      this.#drops = [];
      this.#sink.drop(drops);
    }
  }

  get size(): number {
    return this.#records.size;
  }

  #drop(id: string): void {
    this.#drops.push(id);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }
}
