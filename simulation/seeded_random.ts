import type { Random } from "../runtime/kernel/mod.ts";

/** Chance from a seed: the same numbers in the same order, in every runtime. */
export class SeededRandom {
  readonly #state: Uint32Array = new Uint32Array(4);

  constructor(seed: number | string) {
    // Any text becomes four words that are never all zero.
    let hash = 0x811c9dc5;
    for (const character of String(seed)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
    for (let i = 0; i < 4; i++) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d + i) >>> 0;
      this.#state[i] = hash | 1;
    }
    for (let i = 0; i < 16; i++) this.word();
  }

  /** The next 32 bits (xorshift over 128 bits of state). */
  word(): number {
    const state = this.#state;
    let mixed = state[3] as number;
    const first = state[0] as number;
    state[3] = state[2] as number;
    state[2] = state[1] as number;
    state[1] = first;
    mixed ^= mixed << 11;
    mixed ^= mixed >>> 8;
    state[0] = mixed ^ first ^ (first >>> 19);
    return state[0] as number;
  }

  /** 0 or more, and less than 1. */
  readonly next: Random = () => this.word() / 2 ** 32;

  /** From `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number, 0 or more and less than `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Another stream that begins from here. */
  fork(part: string): SeededRandom {
    return new SeededRandom(`${this.word()}/${part}`);
  }

  /** A stream of its own, so that what one part of a simulation draws changes nothing for the others. */
  static of(seed: number | string, part: string): SeededRandom {
    return new SeededRandom(`${seed}/${part}`);
  }
}
