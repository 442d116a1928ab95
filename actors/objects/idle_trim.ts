import type { Clock } from "../../runtime/kernel/mod.ts";

/** Has something trimmed when it has not been in use for a time: between once and twice `afterMs`. */
export class IdleTrim {
  readonly #options: { clock: Clock; afterMs: number; trim: () => void };
  #used = false;
  #cancel: (() => void) | undefined;

  constructor(options: { clock: Clock; afterMs: number; trim: () => void }) {
    this.#options = options;
  }

  /** To be called at each use; costs next to nothing. */
  use(): void {
    this.#used = true;
    this.#cancel ??= this.#arm();
  }

  close(): void {
    this.#cancel?.();
  }

  #arm(): () => void {
    this.#used = false;
    return this.#options.clock.after(this.#options.afterMs, () => {
      if (this.#used) {
        this.#cancel = this.#arm();
        return;
      }
      this.#cancel = undefined;
      this.#options.trim();
    });
  }
}
