import type { Announced } from "../../runtime/references/mod.ts";

interface Delayed {
  readonly ids: readonly string[];
  readonly after: readonly Announced[];
}

/**
 * Puts drops off until the holds that they come after have been heard of: links from two places keep no order
 * between them. Drops of one place stay in order.
 */
export class DropOrder {
  readonly #apply: (place: number, ids: readonly string[]) => void;
  readonly #heard: Map<number, number> = new Map();
  readonly #delayed: Map<number, Delayed[]> = new Map();
  readonly #dead: Set<number> = new Set();

  constructor(apply: (place: number, ids: readonly string[]) => void) {
    this.#apply = apply;
  }

  /** Drops that wait. */
  get size(): number {
    let size = 0;
    for (const queue of this.#delayed.values()) size += queue.length;
    return size;
  }

  /** A place has announced holds, once more. */
  heard(place: number): void {
    this.#heard.set(place, (this.#heard.get(place) ?? 0) + 1);
    if (this.#delayed.size > 0) this.#advance();
  }

  drop(place: number, ids: readonly string[], after: readonly Announced[] = NOTHING): void {
    const queue = this.#delayed.get(place);
    if (queue !== undefined) queue.push({ ids, after });
    else if (this.#isDue(after)) this.#apply(place, ids);
    else this.#delayed.set(place, [{ ids, after }]);
  }

  /** What it announced will not come any more, and what it dropped counts no more. */
  placeDied(place: number): void {
    this.#dead.add(place);
    this.#heard.delete(place);
    this.#delayed.delete(place);
    this.#advance();
  }

  #advance(): void {
    for (const [place, queue] of this.#delayed) {
      let due = 0;
      for (; due < queue.length && this.#isDue(queue[due]!.after); due++) this.#apply(place, queue[due]!.ids);
      if (due === queue.length) this.#delayed.delete(place);
      else queue.splice(0, due);
    }
  }

  #isDue(after: readonly Announced[]): boolean {
    return after.every(([place, count]) => this.#dead.has(place) || (this.#heard.get(place) ?? 0) >= count);
  }
}

const NOTHING: readonly never[] = [];
