/**
 * Who waits for which object: a place's get, a task's dependency. Limits of time are the caller's.
 * A waiter is any value, equal by identity; it waits once for an id however often it says so.
 */
export class Waiters<T> {
  readonly #waiting: Map<string, Set<T>> = new Map();
  #size = 0;

  /** How many waits there are, one for each waiter and id. */
  get size(): number {
    return this.#size;
  }

  isWanted(id: string): boolean {
    return this.#waiting.has(id);
  }

  ids(): IterableIterator<string> {
    return this.#waiting.keys();
  }

  add(id: string, waiter: T): void {
    let waiters = this.#waiting.get(id);
    if (waiters === undefined) this.#waiting.set(id, (waiters = new Set()));
    const before = waiters.size;
    this.#size += waiters.add(waiter).size - before;
  }

  /** `false` if it did not wait (any more). */
  cancel(id: string, waiter: T): boolean {
    const waiters = this.#waiting.get(id);
    if (!waiters?.delete(waiter)) return false;
    this.#size--;
    if (waiters.size === 0) this.#waiting.delete(id);
    return true;
  }

  /** Those that wait for `id`, first come first; they do not wait any more. */
  take(id: string): T[] {
    const waiters = this.#waiting.get(id);
    if (waiters === undefined) return [];
    this.#waiting.delete(id);
    this.#size -= waiters.size;
    return [...waiters];
  }

  /** Ends all waits of those whom `gone` names, as when a place dies. */
  cancelWhere(gone: (waiter: T) => boolean): void {
    for (const [id, waiters] of this.#waiting) {
      for (const waiter of waiters) if (gone(waiter)) this.cancel(id, waiter);
    }
  }
}

interface Group {
  missing: number;
  readonly onReady: () => void;
}

/** Waits for several objects at once: a task with its dependencies, ten thousand of them if need be. */
export class DependencyWaits {
  readonly #waiters: Waiters<Group> = new Waiters();

  get size(): number {
    return this.#waiters.size;
  }

  /** Ids that somebody depends on. */
  isWanted(id: string): boolean {
    return this.#waiters.isWanted(id);
  }

  ids(): IterableIterator<string> {
    return this.#waiters.ids();
  }

  /**
   * Calls `onReady` when all of `ids` that are not `isReady` now have been fulfilled; at once if there are none.
   * Returns the way to take it back.
   */
  whenAll(ids: Iterable<string>, { isReady, onReady }: { isReady: (id: string) => boolean; onReady: () => void }): () => void {
    const missing = new Set<string>();
    for (const id of ids) if (!isReady(id)) missing.add(id);
    if (missing.size === 0) {
      onReady();
      return () => {};
    }
    const group: Group = { missing: missing.size, onReady };
    for (const id of missing) this.#waiters.add(id, group);
    return () => {
      for (const id of missing) this.#waiters.cancel(id, group);
    };
  }

  /** The object is there, or there is an error in its place. */
  fulfil(id: string): void {
    for (const group of this.#waiters.take(id)) if (--group.missing === 0) group.onReady();
  }
}
