import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { QueuedTask } from "./class_queue.ts";

/** Tasks that wait for their arguments, each with the way to stop waiting. */
export class Unready {
  readonly #tasks: Map<string, { readonly task: QueuedTask; readonly stop: () => void }> = new Map();
  readonly #whenReady: (owner: PlaceId, ids: readonly string[], action: () => void) => () => void;

  /** `whenReady` calls back once all these objects are there for a task of that owner; it returns the way to take that back. */
  constructor(whenReady: (owner: PlaceId, ids: readonly string[], action: () => void) => () => void) {
    this.#whenReady = whenReady;
  }

  /** Calls back once all that the task needs is there. */
  add(task: QueuedTask, needs: readonly string[], ready: () => void): void {
    const { owner, sequence } = task;
    const key = `${owner}.${sequence}`;
    let isReady = false;
    const stop = this.#whenReady(owner, needs, () => {
      isReady = true;
      this.#tasks.delete(key);
      ready();
    });
    // It may all have been there.
    if (!isReady) this.#tasks.set(key, { task, stop });
  }

  /** The task, if it was waiting here. */
  remove(owner: PlaceId, sequence: number): QueuedTask | undefined {
    const key = `${owner}.${sequence}`;
    const waiting = this.#tasks.get(key);
    waiting?.stop();
    this.#tasks.delete(key);
    return waiting?.task;
  }

  dropOwners(isGone: (owner: PlaceId) => boolean): void {
    for (const [key, { task, stop }] of this.#tasks) {
      if (!isGone(task.owner)) continue;
      stop();
      this.#tasks.delete(key);
    }
  }

  get size(): number {
    return this.#tasks.size;
  }
}
