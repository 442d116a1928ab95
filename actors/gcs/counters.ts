import type { Stored } from "./journal.ts";
import type { TableContext } from "./table_context.ts";

class Counter implements Stored {
  value = 0;
  stored(): unknown {
    return this.value;
  }
}

/**
 * Numbers that are given once in the cluster's life (jobs are numbered so). A number survives this store's
 * restart once the journal is flushed: flush before telling it to anybody.
 */
export class Counters {
  readonly #context: TableContext;
  readonly #counters = new Map<string, Counter>();

  constructor(context: TableContext) {
    this.#context = context;
  }

  /** The next of the counter `name`: 1, 2, 3, … */
  next(name: string): number {
    let counter = this.#counters.get(name);
    if (!counter) this.#counters.set(name, (counter = new Counter()));
    counter.value++;
    this.#context.journal.put("counters", name, counter);
    return counter.value;
  }

  /** The last number given: 0 before the first. */
  last(name: string): number {
    return this.#counters.get(name)?.value ?? 0;
  }

  /** Each counter's last number. */
  values(): [name: string, value: number][] {
    return Array.from(this.#counters, ([name, counter]) => [name, counter.value]);
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    for (const [name, value] of entries) {
      // A number given twice would be worse than no start.
      if (!Number.isSafeInteger(value)) throw new TypeError(`counter ${name} is no whole number`);
      const counter = new Counter();
      counter.value = value as number;
      this.#counters.set(name, counter);
    }
  }
}
