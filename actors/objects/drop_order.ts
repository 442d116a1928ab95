import type { Announced } from "../../runtime/references/mod.ts";

interface Delayed {
  readonly ids: readonly string[];
  readonly after: readonly Announced[];
}

/**
 * Puts drops off until the holds that they come after have been heard of: links from two places keep no order
 * between them. Drops of one place stay in order. What places of other nodes have announced is for `confirmed` to say,
 * once `ask` was called.
 */
export class DropOrder {
  readonly #apply: (place: number, ids: readonly string[]) => void;
  readonly #heard: Map<number, number> = new Map();
  readonly #delayed: Map<number, Delayed[]> = new Map();
  readonly #dead: Set<number> = new Set();
  readonly #ask: ((announced: Announced) => void) | undefined;
  #waiting: { announced: readonly Announced[]; action: () => void }[] = [];

  constructor(apply: (place: number, ids: readonly string[]) => void, ask?: (announced: Announced) => void) {
    this.#apply = apply;
    this.#ask = ask;
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
    this.#advance();
  }

  /** A place has announced holds so often, as another manager says. */
  confirmed(place: number, count: number): void {
    if (this.#dead.has(place) || (this.#heard.get(place) ?? 0) >= count) return;
    this.#heard.set(place, count);
    this.#advance();
  }

  /** Calls back once this has been heard, at once if it has. */
  whenHeard(announced: Announced, action: () => void): void {
    const waiting = { announced: [announced], action };
    if (this.#isDue(waiting.announced)) action();
    else this.#waiting.push(waiting);
  }

  drop(place: number, ids: readonly string[], after: readonly Announced[] = NOTHING): void {
    if (this.#ask !== undefined) for (const announced of after) if (!this.#isDue([announced])) this.#ask(announced);
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
    if (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = waiting.filter(({ announced }) => !this.#isDue(announced));
      for (const { announced, action } of waiting) if (this.#isDue(announced)) action();
    }
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
