import type { Clock } from "../../runtime/kernel/mod.ts";

/** How long the nodes of the head before may take to come to this one. Milliseconds. */
export const RETURN_MS = 8_000;

export interface ReturningOptions {
  clock: Pick<Clock, "now">;
  /** Whether the node has registered. */
  isHere(nodeId: string): boolean;
  /** It has said what it has. */
  returned(nodeId: string): void;
  /** It has not registered in time. */
  late(nodeId: string): void;
  /** There is none left to wait for. */
  complete(): void;
}

/** The nodes of the head before that have yet to say what they have. */
export class Returning {
  readonly #options: ReturningOptions;
  /** Until when they may. */
  readonly #expected: Map<string, number> = new Map();

  constructor(options: ReturningOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#expected.size;
  }

  has(nodeId: string): boolean {
    return this.#expected.has(nodeId);
  }

  expect(nodeIds: readonly string[]): void {
    const until = this.#options.clock.now() + RETURN_MS;
    for (const nodeId of nodeIds) this.#expected.set(nodeId, until);
    if (nodeIds.length === 0) this.#options.complete();
  }

  /** The node has said what it has, or is dead. */
  arrived(nodeId: string): void {
    const { isHere, returned } = this.#options;
    if (!this.#expected.delete(nodeId)) return;
    if (isHere(nodeId)) returned(nodeId);
    if (this.#expected.size === 0) this.#options.complete();
  }

  /** They have so much more time. Milliseconds. */
  putOff(ms: number): void {
    for (const [nodeId, until] of this.#expected) this.#expected.set(nodeId, until + ms);
  }

  /** To be called regularly. */
  look(now: number): void {
    const { isHere, late } = this.#options;
    for (const [nodeId, until] of [...this.#expected]) if (now >= until && !isHere(nodeId)) late(nodeId);
  }
}
