import type { FunctionRecord } from "../../runtime/tasks/mod.ts";
import { type FunctionTable, LimitExceededError } from "../gcs/mod.ts";

export interface FunctionShelfOptions {
  readonly table: Pick<FunctionTable, "get" | "register">;
  /** Asks the node that defined it. */
  ask(id: string): Promise<FunctionRecord>;
  /** Brings the bundles that the function names to this node, and gives their ids. */
  bundles(record: FunctionRecord): Promise<readonly string[]>;
  /** Keeps a bundle for good; lets it go. */
  pin(bundle: string): void;
  remove(bundle: string): void;
}

/**
 * The head's shelf: whatever function reaches a node other than its own comes by here and is kept in the control
 * store's table, its bundles as files beside, for as long as the table holds it. So one node is asked once, and what
 * outlives its driver is found when that is gone.
 */
export class FunctionShelf {
  readonly #options: FunctionShelfOptions;
  readonly #coming: Map<string, Promise<FunctionRecord>> = new Map();
  /** The bundles of each function that is kept. */
  readonly #bundles: Map<string, readonly string[]> = new Map();

  constructor(options: FunctionShelfOptions) {
    this.#options = options;
  }

  /** The function with bundles in its modules' stead; they are here. `from`: asks for it, in place of the node that has it in its table. */
  async take(id: string, from: () => Promise<FunctionRecord> = () => this.#options.ask(id)): Promise<FunctionRecord> {
    const kept = this.#options.table.get(id);
    if (kept !== undefined) return kept as FunctionRecord;
    let coming = this.#coming.get(id);
    if (coming === undefined) {
      coming = this.#bring(from).finally(() => this.#coming.delete(id));
      this.#coming.set(id, coming);
    }
    return coming;
  }

  /** The table has it since before, and these are its bundles. */
  restored(id: string, bundles: readonly string[]): void {
    this.#bundles.set(id, bundles);
    for (const bundle of bundles) this.#options.pin(bundle);
  }

  /** The table has let these go: so do their bundles that no other function names. */
  dropped(ids: readonly string[]): void {
    const freed = new Set(ids.flatMap((id) => this.#bundles.get(id) ?? []));
    for (const id of ids) this.#bundles.delete(id);
    for (const bundles of this.#bundles.values()) for (const bundle of bundles) freed.delete(bundle);
    for (const bundle of freed) this.#options.remove(bundle);
  }

  async #bring(from: () => Promise<FunctionRecord>): Promise<FunctionRecord> {
    const record = await from();
    const bundles = await this.#options.bundles(record);
    if (this.#keeps(record)) {
      this.#bundles.set(record.id, bundles);
      for (const bundle of bundles) this.#options.pin(bundle);
      // What it calls may be called when its home is gone. Who needs one hears of what went wrong.
      for (const { functionId } of Object.values(record.links ?? {})) void this.take(functionId).catch(() => {});
    }
    return record;
  }

  #keeps(record: FunctionRecord): boolean {
    const { id, jobId } = record;
    if (jobId === undefined) return false;
    try {
      return this.#options.table.register({ descriptorId: id, jobId, definition: record });
    } catch (error) {
      // It is passed on all the same.
      if (error instanceof LimitExceededError) return false;
      throw error;
    }
  }
}
