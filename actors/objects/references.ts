import { PlaceCounts } from "./place_counts.ts";

/** The holder of a child is its container, whichever and wherever that is. */
const CONTAINER = -2;
/** Holds while others are being told that they hold. */
const TRANSIT = -3;

export interface ReferencesOptions {
  /** Nobody holds these any more; each is reported once unless somebody holds it again. */
  onDead(ids: readonly string[]): void;
  /** Somebody has a count for it, as nobody had before: it will be reported dead. */
  onHeld?(id: string): void;
  /** Has `flush` called soon, once for each call. Default: at the end of the turn's microtasks. */
  schedule?(flush: () => void): void;
}

const NO_CHILDREN: readonly string[] = [];

/** The holders of one id, and what it holds itself: one object, as there may be a hundred thousand. */
class Held extends PlaceCounts {
  children: readonly string[] = NO_CHILDREN;
}

/**
 * Who holds which shared object or actor, counted by place.
 *
 * Counts are signed, since a place's drop may arrive on its own link before the hold that another place announced
 * for it. An id is dead when all its counts are 0. That is safe if every place announces a hold for the receiver on
 * its own link before it drops its own hold there, and links keep order: then what is zero everywhere is held nowhere.
 */
export class References {
  readonly #options: ReferencesOptions;
  readonly #held: Map<string, Held> = new Map();
  readonly #deadPlaces: Set<number> = new Set();
  #candidates: string[] = [];
  #scheduled = false;

  constructor(options: ReferencesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** A place that has died holds nothing: late news of it is dropped. */
  hold(id: string, place: number, n = 1): void {
    if (!this.#deadPlaces.has(place)) this.#add(id, place, n);
  }

  drop(id: string, place: number, n = 1): void {
    if (!this.#deadPlaces.has(place)) this.#add(id, place, -n);
  }

  /** Holds `ids` until the returned function is called, whatever places say. */
  keep(ids: readonly string[]): () => void {
    for (const id of ids) this.#add(id, TRANSIT, 1);
    return () => {
      for (const id of ids) this.#add(id, TRANSIT, -1);
    };
  }

  /** The place holds these, once each, and of all others for which `test` holds nothing. */
  holdsExactly(place: number, ids: ReadonlySet<string>, test: (id: string) => boolean): void {
    for (const [id, held] of [...this.#held]) {
      if (!ids.has(id) && test(id) && held.clear(place) !== 0) this.#check(id, held);
    }
    for (const id of ids) this.#add(id, place, 1 - (this.#held.get(id)?.get(place) ?? 0));
  }

  /** The ids that are held, for which `test` holds. */
  ids(test: (id: string) => boolean): string[] {
    return [...this.#held.keys()].filter(test);
  }

  isGone(place: number): boolean {
    return this.#deadPlaces.has(place);
  }

  /** Clears the place's counts. Its number never holds anything again. */
  placeDied(place: number): void {
    this.#deadPlaces.add(place);
    for (const [id, held] of this.#held) if (held.clear(place) !== 0) this.#check(id, held);
  }

  /** Has `id` hold `children` until it is dead, in place of those it held before. Nothing if nobody holds `id`. */
  setChildren(id: string, children: readonly string[]): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    const before = held.children;
    held.children = children;
    for (const child of children) this.#add(child, CONTAINER, 1);
    for (const child of before) this.#add(child, CONTAINER, -1);
  }

  /** Places with a count for `id`; what is negative is on its way. Containers are not among them. */
  holders(id: string): [place: number, count: number][] {
    const held = this.#held.get(id);
    return held === undefined ? [] : [...held.entries()].filter(([place]) => place >= 0);
  }

  /** All places that hold anything. */
  places(): Set<number> {
    const places = new Set<number>();
    for (const held of this.#held.values()) for (const [place] of held.entries()) if (place >= 0) places.add(place);
    return places;
  }

  /** How many objects contain a ref to `id`, once for each ref. */
  containers(id: string): number {
    return this.#held.get(id)?.get(CONTAINER) ?? 0;
  }

  /** Reports what has died and lets go of its children, to any depth. */
  flush(): void {
    this.#scheduled = false;
    const dead: string[] = [];
    // The list grows by children while it is walked: depth costs no stack.
    for (const id of this.#candidates) {
      const held = this.#held.get(id);
      // Held again since, or a candidate twice.
      if (held === undefined || !held.isEmpty) continue;
      this.#held.delete(id);
      dead.push(id);
      for (const child of held.children) this.#add(child, CONTAINER, -1);
    }
    this.#candidates = [];
    if (dead.length > 0) this.#options.onDead(dead);
  }

  #add(id: string, place: number, n: number): void {
    if (n === 0) return;
    let held = this.#held.get(id);
    if (held === undefined) {
      this.#held.set(id, (held = new Held()));
      this.#options.onHeld?.(id);
    }
    held.add(place, n);
    this.#check(id, held);
  }

  #check(id: string, held: Held): void {
    if (!held.isEmpty) return;
    this.#candidates.push(id);
    if (this.#scheduled) return;
    this.#scheduled = true;
    (this.#options.schedule ?? queueMicrotask)(() => this.flush());
  }
}
