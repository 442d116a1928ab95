import { Fifo } from "./fifo.ts";

interface Waiter<Wish, Answer> {
  readonly wish: Wish;
  readonly ticket: string | undefined;
  answer: ((answer: Answer | undefined) => void) | undefined;
}

/**
 * Callers that wait inside an actor, served strictly in the order in which they came.
 *
 * A caller may leave: it joins with a ticket of its own making and later withdraws that ticket. A waiter
 * is either served or withdrawn, never both, so whoever withdraws learns for certain whether
 * something was already handed over. That is what keeps a timed-out `get` from losing an item.
 */
export class WaitingLine<Wish, Answer> {
  #line: Fifo<Waiter<Wish, Answer>> = new Fifo();
  #tickets: Map<string, Waiter<Wish, Answer>> = new Map();
  #present = 0;

  /** How many wait now. */
  get length(): number {
    return this.#present;
  }

  /** What the longest-waiting caller wishes; `undefined` when nobody waits. */
  get first(): Wish | undefined {
    return this.#front()?.wish;
  }

  /** Waits for its turn. Resolves with the answer, or with `undefined` when withdrawn. */
  join(wish: Wish, ticket?: string): Promise<Answer | undefined> {
    return new Promise((answer) => {
      const waiter: Waiter<Wish, Answer> = { wish, ticket, answer };
      this.#line.push(waiter);
      if (ticket !== undefined) this.#tickets.set(ticket, waiter);
      this.#present++;
    });
  }

  /** Answers the longest-waiting caller, who then leaves the line. */
  serve(answer: Answer): void {
    const waiter = this.#front();
    if (waiter !== undefined) this.#leave(waiter, answer);
  }

  /** True: the caller has left without an answer. False: it was served before, or is not known here. */
  withdraw(ticket: string): boolean {
    const waiter = this.#tickets.get(ticket);
    if (waiter === undefined) return false;
    this.#leave(waiter, undefined);
    return true;
  }

  #front(): Waiter<Wish, Answer> | undefined {
    // Those who left from the middle are dropped when they reach the front.
    for (;;) {
      const waiter = this.#line.peek();
      if (waiter === undefined || waiter.answer !== undefined) return waiter;
      this.#line.shift();
    }
  }

  #leave(waiter: Waiter<Wish, Answer>, answer: Answer | undefined): void {
    const reply = waiter.answer;
    waiter.answer = undefined;
    if (waiter.ticket !== undefined) this.#tickets.delete(waiter.ticket);
    this.#present--;
    reply?.(answer);
  }
}
