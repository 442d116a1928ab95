/** What may be mapped over: read lazily, never further ahead than the window. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

export interface WindowOptions {
  /** The most items that are started and not yet consumed. */
  readonly size: number;
  /** Whether results come in the order of the items, or as they are done. */
  readonly ordered: boolean;
}

interface Slot<R> {
  outcome: (() => R) | undefined;
}

/**
 * Maps a stream of items with bounded look-ahead: starts the next item only while fewer than `size` are
 * unconsumed, so a slow consumer slows the source down and memory stays bounded.
 *
 * Ends with the first failure, of the source or of an item, at that item's turn. When the consumer leaves
 * early the source is closed and what was started runs on unobserved.
 */
export async function* slidingWindow<T, R>(
  source: Source<T>,
  start: (item: T) => Promise<R>,
  { size, ordered }: WindowOptions,
): AsyncGenerator<R, void, void> {
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  /**
   * Started and unconsumed: in input order or, unordered, in the order of completion with the rest behind.
   */
  const slots: Slot<R>[] = [];
  let reading = false;
  let ended = false;
  let news = Promise.withResolvers<void>();

  const settle = (slot: Slot<R>, outcome: () => R): void => {
    slot.outcome = outcome;
    news.resolve();
  };
  const admit = (next: IteratorResult<T>): void => {
    reading = false;
    if (next.done) {
      ended = true;
    } else {
      const slot: Slot<R> = { outcome: undefined };
      slots.push(slot);
      start(next.value).then(
        (value) => settle(slot, () => value),
        (error) =>
          settle(slot, () => {
            throw error;
          }),
      );
    }
    news.resolve();
  };
  const breakOff = (error: unknown): void => {
    ended = true;
    slots.push({
      outcome: () => {
        throw error;
      },
    });
    news.resolve();
  };

  try {
    for (;;) {
      while (!ended && !reading && slots.length < size) {
        reading = true;
        const next = items.next();
        // A synchronous source is read in place: a turn of the event loop for each item adds up.
        if (next instanceof Promise) next.then(admit, breakOff);
        else admit(next);
      }
      const at = ordered ? (slots[0]?.outcome ? 0 : -1) : slots.findIndex((slot) => slot.outcome);
      const [slot] = at >= 0 ? slots.splice(at, 1) : [];
      if (slot?.outcome !== undefined) {
        yield slot.outcome();
      } else if (ended && slots.length === 0) {
        return;
      } else {
        await news.promise;
        news = Promise.withResolvers();
      }
    }
  } finally {
    if (!ended) await items.return?.();
  }
}
