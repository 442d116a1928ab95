import type { Clock } from "../../runtime/kernel/mod.ts";

export interface TrimmingOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Trims what has not been used since the last time; returns whether something is left for the next. */
  trim(): boolean;
}

/** Has trimmed what was not used for a time: between once and twice `everyMs`. Nothing happens while there is nothing. */
export class Trimming {
  readonly #options: TrimmingOptions;
  #cancel: (() => void) | undefined;

  constructor(options: TrimmingOptions) {
    this.#options = options;
  }

  /** There is something that may have to be trimmed; costs next to nothing. */
  due(): void {
    this.#cancel ??= this.#arm();
  }

  close(): void {
    this.#cancel?.();
  }

  #arm(): () => void {
    const { clock, everyMs, trim } = this.#options;
    return clock.after(everyMs, () => {
      this.#cancel = undefined;
      if (trim()) this.due();
    });
  }
}
