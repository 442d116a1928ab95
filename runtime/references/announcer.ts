import type { HoldSink } from "./local_references.ts";

/** The object manager, as far as counting goes. */
export interface HoldKeeper {
  hold(ids: readonly string[]): void;
  /** `after`: places, and how many of their announcements this place knows to have been made before. */
  drop(ids: readonly string[], after?: readonly Announced[]): void;
}

/** A place has announced holds this many times. */
export type Announced = readonly [place: number, count: number];

/**
 * Tells the object manager what this place holds, so that no drop overtakes a hold that was its reason.
 *
 * A call that keeps a ref of its arguments announces its hold on its own link; its submitter drops its own hold
 * on another, once it has the result. So every result says how many announcements its place has made, and a drop
 * says of which it has heard: the manager puts it off until it has heard of them as well.
 */
export class Announcer implements HoldSink {
  readonly #keeper: HoldKeeper;
  readonly #learned: Map<number, number> = new Map();
  readonly #told: Map<number, number> = new Map();
  #count = 0;

  constructor(keeper: HoldKeeper) {
    this.#keeper = keeper;
  }

  hold(ids: readonly string[]): void {
    this.#count++;
    this.#keeper.hold(ids);
  }

  drop(ids: readonly string[]): void {
    // Drops of one place are applied in order: what was said once need not be said again.
    if (this.#learned.size === 0) this.#keeper.drop(ids);
    else {
      this.#keeper.drop(ids, [...this.#learned]);
      this.#learned.clear();
    }
  }

  /** A result has come from `place`, which had announced so much before. */
  learned(place: number, count: number): void {
    this.#learned.set(place, count);
  }

  /** What a result for `place` must say first, if it has not been said to it yet. */
  newsFor(place: number): number | undefined {
    if (this.#count === 0 || this.#told.get(place) === this.#count) return undefined;
    this.#told.set(place, this.#count);
    return this.#count;
  }
}
