import { type ActorHandle, type ActorOptions, remote } from "../mod.ts";
import { Fifo } from "./fifo.ts";
import { WaitingLine } from "./waiting_line.ts";
import { WAITING_ROOM } from "./waiting_room.ts";

/**
 * The items of a queue and those who wait for items or for room; lives in an actor.
 *
 * Putters and getters are each served strictly in order: a batch that waits for room is not overtaken by
 * a single item that would fit. Items come in arrays, so that a ref put into the queue stays a ref.
 */
export class QueueBuffer {
  #maxSize: number;
  #items: Fifo<unknown> = new Fifo();
  #putters: WaitingLine<readonly unknown[], true> = new WaitingLine();
  #getters: WaitingLine<number, unknown[]> = new WaitingLine();

  /** @param maxSize how many items fit; 0 means any number */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** Waits until all of them fit; `undefined` when withdrawn first. */
  async put(items: readonly unknown[], ticket?: string): Promise<true | undefined> {
    if (this.tryPut(items)) return true;
    return await this.#putters.join(items, ticket);
  }

  /** Puts all of them now, or none. */
  tryPut(items: readonly unknown[]): boolean {
    if (this.#putters.length > 0 || !this.#fits(items.length)) return false;
    this.#accept(items);
    this.#settle();
    return true;
  }

  /** Waits until there are `count` items; `undefined` when withdrawn first. */
  async get(count: number, ticket?: string): Promise<unknown[] | undefined> {
    return this.tryGet(count) ?? (await this.#getters.join(count, ticket));
  }

  /** Takes exactly `count` items now, or none. */
  tryGet(count: number): unknown[] | undefined {
    if (this.#getters.length > 0 || this.#items.length < count) return undefined;
    const taken = this.#take(count);
    this.#settle();
    return taken;
  }

  /** Sends away the caller who waits with this ticket; false when it has been served. */
  withdraw(ticket: string): boolean {
    const left = this.#putters.withdraw(ticket) || this.#getters.withdraw(ticket);
    // Whoever stood behind may be easier to please.
    if (left) this.#settle();
    return left;
  }

  size(): number {
    return this.#items.length;
  }

  #fits(count: number): boolean {
    return this.#maxSize === 0 || this.#items.length + count <= this.#maxSize;
  }

  #accept(items: readonly unknown[]): void {
    for (const item of items) this.#items.push(item);
  }

  #take(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#items.shift());
  }

  /** Serves everyone who can be served: each item taken may make room, each put may please a getter. */
  #settle(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (let wish = this.#getters.first; wish !== undefined && wish <= this.#items.length; wish = this.#getters.first) {
        this.#getters.serve(this.#take(wish));
        moved = true;
      }
      for (let wish = this.#putters.first; wish !== undefined && this.#fits(wish.length); wish = this.#putters.first) {
        this.#accept(wish);
        this.#putters.serve(true);
        moved = true;
      }
    }
  }
}

const QueueActor = remote(QueueBuffer, WAITING_ROOM);

/** Starts the actor behind a queue. */
export function startQueueActor(maxSize: number, options: ActorOptions): ActorHandle<QueueBuffer> {
  return QueueActor.options(options).remote(maxSize);
}
