import type { Clock, PlaceId } from "../kernel/mod.ts";

/** So many lines an interval, of so many characters: whoever sends what cannot be taken may send much of it. */
const LINES = 10;
const INTERVAL_MS = 60_000;
const CHARACTERS = 1_000;

/** Tells of messages that an actor of this place could not take: the place goes on. */
export class FaultReport {
  readonly #clock: Clock;
  readonly #print: (text: string) => void;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #told = 0;

  constructor(clock: Clock, print: (text: string) => void) {
    this.#clock = clock;
    this.#print = print;
  }

  readonly tell = (error: unknown, from: PlaceId): void => {
    const now = this.#clock.now();
    if (now - this.#sinceMs >= INTERVAL_MS) {
      this.#sinceMs = now;
      this.#told = 0;
    }
    if (++this.#told > LINES) return;
    const text = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, CHARACTERS);
    // Without what would move a terminal's cursor.
    this.#print(`mobula: a message from place ${from} could not be taken: ${text.replace(/[^\P{Cc}\n]/gu, "?")}`);
  };
}
