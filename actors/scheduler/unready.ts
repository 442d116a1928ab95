import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { QueuedTask } from "./class_queue.ts";

/** Tasks that wait for their arguments, each with the way to stop waiting. */
export class Unready {
  readonly #tasks: Map<string, { readonly owner: PlaceId; readonly stop: () => void }> = new Map();
  readonly #whenHere: (ids: readonly string[], action: () => void) => () => void;

  constructor(whenHere: (ids: readonly string[], action: () => void) => () => void) {
    this.#whenHere = whenHere;
  }

  /** Calls back once all that the task needs is on this node. */
  add({ owner, sequence }: QueuedTask, needs: readonly string[], ready: () => void): void {
    const key = `${owner}.${sequence}`;
    const stop = this.#whenHere(needs, () => {
      this.#tasks.delete(key);
      ready();
    });
    this.#tasks.set(key, { owner, stop });
  }

  /** True when the task was waiting here. */
  remove(owner: PlaceId, sequence: number): boolean {
    const key = `${owner}.${sequence}`;
    this.#tasks.get(key)?.stop();
    return this.#tasks.delete(key);
  }

  dropOwner(place: PlaceId): void {
    for (const [key, { owner, stop }] of this.#tasks) {
      if (owner !== place) continue;
      stop();
      this.#tasks.delete(key);
    }
  }

  get size(): number {
    return this.#tasks.size;
  }
}
