import type { Bundle } from "../../runtime/bundles/mod.ts";
import type { Journal } from "./journal.ts";

/**
 * The bundles that the functions of the table name, in storage alone: a head has them as files, and one that takes over
 * makes files of them again.
 */
export class BundleTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  keep(bundle: Bundle): void {
    this.#journal.put("bundles", bundle.id, { stored: () => bundle });
  }

  drop(id: string): void {
    this.#journal.delete("bundles", id);
  }

  /** All that are kept. @throws StorageError */
  async load(): Promise<Bundle[]> {
    return (await this.#journal.load("bundles")).map(([, bundle]) => bundle as Bundle);
  }
}
