import type { Clock, NodeNumber } from "../../runtime/kernel/mod.ts";

/** Nodes that come within this time of others are made known together. Milliseconds. */
const TOGETHER_MS = 5;

/**
 * Has members told of those that have come: at once, but when many come one after the other, together. So a thousand
 * nodes that start at the same time do not each cause a thousand messages.
 */
export class Introductions {
  readonly #clock: Pick<Clock, "after">;
  readonly #tell: (newcomers: ReadonlySet<NodeNumber>) => void;
  #waiting: Set<NodeNumber> = new Set();
  #stop: (() => void) | undefined;

  constructor(clock: Pick<Clock, "after">, tell: (newcomers: ReadonlySet<NodeNumber>) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(node: NodeNumber): void {
    this.#waiting.add(node);
    if (this.#stop === undefined) this.#introduce();
  }

  close(): void {
    this.#stop?.();
  }

  #introduce(): void {
    const newcomers = this.#waiting;
    this.#waiting = new Set();
    this.#tell(newcomers);
    this.#stop = this.#clock.after(TOGETHER_MS, () => {
      this.#stop = undefined;
      if (this.#waiting.size > 0) this.#introduce();
    });
  }
}
