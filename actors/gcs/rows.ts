import type { Stored, StoredTable } from "./journal.ts";
import { Ring } from "./ring.ts";
import type { Row } from "./row.ts";
import type { TableContext } from "./table_context.ts";

/** A row of a table of living things: it can say itself in full, and be written. */
export interface LifeRow<Info> extends Row, Stored {
  /** The row as plain data, for those outside the table. */
  info(): Info;
}

export interface RowsOptions {
  /** The pub/sub channel on which each change of a row is published, under the row's id. */
  readonly channel: string;
  /** The storage table; left out, rows are in memory only. */
  readonly stored?: StoredTable;
  /** How many ended rows are kept. */
  readonly keep: number;
}

/**
 * The rows of one kind: the living by id, and a bounded history of the ended, oldest dropped first. Every
 * change goes through here, which writes it to the journal and publishes it.
 */
export class Rows<Info, R extends LifeRow<Info>> {
  readonly #context: TableContext;
  readonly #options: RowsOptions;
  readonly #live = new Map<string, R>();
  readonly #ended = new Map<string, R>();
  // The oldest is found by a ring: a Map whose first key is deleted over and over gets slow to begin.
  readonly #endedOrder: Ring<string>;
  #order = 0;

  constructor(context: TableContext, options: RowsOptions) {
    this.#context = context;
    this.#options = options;
    this.#endedOrder = new Ring(options.keep);
  }

  get(id: string): R | undefined {
    return this.#live.get(id) ?? this.#ended.get(id);
  }

  live(id: string): R | undefined {
    return this.#live.get(id);
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get size(): number {
    return this.#live.size + this.#ended.size;
  }

  liveRows(): IterableIterator<R> {
    return this.#live.values();
  }

  /** The living in the order they came, then the ended in the order they ended. */
  *all(): Generator<R> {
    yield* this.#live.values();
    for (const id of this.#endedOrder) yield this.#ended.get(id) as R;
  }

  add(id: string, row: R): void {
    row.order = ++this.#order;
    this.#live.set(id, row);
    this.changed(id, row);
  }

  /** Writes and publishes a row changed in place. */
  changed(id: string, row: R): void {
    if (this.#options.stored) this.#context.journal.put(this.#options.stored, id, row);
    this.publish(id, row);
  }

  /** Publishes a change that is not worth writing. */
  publish(id: string, row: R): void {
    const { pubsub } = this.#context;
    if (pubsub.wanted(this.#options.channel, id)) pubsub.publish(this.#options.channel, id, row.info());
  }

  /** Moves a row from the living to the history. */
  end(id: string, row: R): void {
    this.#live.delete(id);
    row.order = ++this.#order;
    this.#keep(id, row);
    this.changed(id, row);
  }

  /** Fills an empty table from storage. `ended` tells which rows belong to the history. */
  restore(rows: Iterable<readonly [string, R]>, ended: (row: R) => boolean): void {
    for (const [id, row] of [...rows].sort(([, a], [, b]) => a.order - b.order)) {
      this.#order = Math.max(this.#order, row.order);
      if (ended(row)) this.#keep(id, row);
      else this.#live.set(id, row);
    }
  }

  #keep(id: string, row: R): void {
    const dropped = this.#endedOrder.push(id);
    this.#ended.set(id, row);
    if (dropped === undefined) return;
    this.#ended.delete(dropped);
    if (this.#options.stored) this.#context.journal.delete(this.#options.stored, dropped);
  }
}
