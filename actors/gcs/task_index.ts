import type { TaskKey } from "./task_columns.ts";

/** The columns that name a slot's attempt. */
interface Keys {
  readonly owner: Float64Array;
  readonly sequence: Float64Array;
  readonly attempt: Uint32Array;
}

/** Places for a few slots, doubled as they fill. */
const INITIAL = 2_048;

/**
 * Finds the slot of an attempt: a hash table of slot numbers alone, whose keys stay in the columns. Linear probing, at
 * most half full, and what follows a gap moves up into it (Knuth, The Art of Computer Programming 3, 6.4, algorithm R):
 * attempts come and go by the thousand, and a map of texts would make garbage of each.
 */
export class TaskIndex {
  readonly #keys: Keys;
  /** Slot + 1; 0 is free. */
  #places: Int32Array;
  #size = 0;

  /** @param keys asked anew each time, so its arrays may be exchanged for wider ones. @param places a power of two, doubled as needed. */
  constructor(keys: Keys, places: number = INITIAL) {
    this.#keys = keys;
    this.#places = new Int32Array(places);
  }

  get(key: TaskKey): number | undefined {
    const { owner, sequence, attempt } = this.#keys;
    const mask = this.#places.length - 1;
    for (let at = hash(key.owner, key.sequence, key.attempt) & mask; ; at = (at + 1) & mask) {
      const slot = (this.#places[at] as number) - 1;
      if (slot < 0) return undefined;
      if (sequence[slot] === key.sequence && owner[slot] === key.owner && attempt[slot] === key.attempt) return slot;
    }
  }

  /** Takes a slot in, whose attempt is not here yet. */
  add(slot: number): void {
    if (++this.#size * 2 > this.#places.length) this.#widen();
    this.#put(slot);
  }

  /** Forgets a slot, while its columns still name its attempt. */
  remove(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let gap = this.#home(slot);
    while (places[gap] !== slot + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home((places[at] as number) - 1);
      // What lies between its home and the gap would not be found past it.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      places[gap] = places[at] as number;
      gap = at;
    }
    places[gap] = 0;
    this.#size--;
  }

  #put(slot: number): void {
    const mask = this.#places.length - 1;
    let at = this.#home(slot);
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = slot + 1;
  }

  #home(slot: number): number {
    const { owner, sequence, attempt } = this.#keys;
    return hash(owner[slot] as number, sequence[slot] as number, attempt[slot] as number) & (this.#places.length - 1);
  }

  #widen(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const place of before) if (place > 0) this.#put(place - 1);
  }
}

/** Of numbers up to 2^53: their low 32 bits multiplied by odd constants, and mixed once. */
function hash(owner: number, sequence: number, attempt: number): number {
  const mixed = Math.imul(sequence, 0x9e3779b1) ^ Math.imul(owner, 0x85ebca6b) ^ Math.imul(attempt, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
