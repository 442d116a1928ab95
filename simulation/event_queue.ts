import type { Realm } from "./realm.ts";

/** Something that will happen in a realm. Without `action` it was taken back. */
export interface SimulatedEvent {
  readonly at: number;
  readonly sequence: number;
  readonly realm: Realm;
  action: (() => void) | undefined;
}

/** Events by time, those of one time in the order in which they were added: a binary heap. */
export class EventQueue {
  readonly #heap: SimulatedEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): SimulatedEvent | undefined {
    return this.#heap[0];
  }

  push(event: SimulatedEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as SimulatedEvent;
      if (isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  pop(): SimulatedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as SimulatedEvent, heap[child] as SimulatedEvent)) child++;
      const below = heap[child] as SimulatedEvent;
      if (isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: SimulatedEvent, other: SimulatedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}
