/**
 * What runs when the process ends, by one listener for all of it: the runtimes take more than ten for a leak, and warn of
 * it, while a test may start as many nodes.
 */
export class LastActions {
  readonly #actions: Set<{ run(): void }> = new Set();
  readonly #listen: (run: () => void) => () => void;
  #unlisten: (() => void) | undefined;

  /** `listen` calls back when the process ends; what it returns takes that back. */
  constructor(listen: (run: () => void) => () => void) {
    this.#listen = listen;
  }

  /** Returns the way to take it back. */
  add(run: () => void): () => void {
    const action = { run };
    this.#actions.add(action);
    this.#unlisten ??= this.#listen(() => {
      for (const each of this.#actions) each.run();
    });
    return () => {
      if (!this.#actions.delete(action) || this.#actions.size > 0) return;
      this.#unlisten?.();
      this.#unlisten = undefined;
    };
  }
}
