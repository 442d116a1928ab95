import type { Clock } from "../../runtime/kernel/mod.ts";

/** How long the process stays alive after the last wait has ended: the next one often follows at once. */
const LINGER_MS = 10;

/** Keeps the process alive while anything is awaited; its end costs nothing on the hot path. */
export class KeepAlive {
  readonly #acquire: () => () => void;
  readonly #clock: Clock;
  #holds = 0;
  #release: (() => void) | undefined;
  #lingering = false;

  constructor(acquire: () => () => void, clock: Clock) {
    this.#acquire = acquire;
    this.#clock = clock;
  }

  hold(): () => void {
    this.#holds++;
    this.#release ??= this.#acquire();
    return this.#letGo;
  }

  #letGo = (): void => {
    this.#holds--;
    if (this.#holds > 0 || this.#lingering) return;
    this.#lingering = true;
    this.#clock.after(LINGER_MS, () => this.#look());
  };

  #look(): void {
    this.#lingering = false;
    if (this.#holds > 0) return;
    this.#release?.();
    this.#release = undefined;
  }
}
