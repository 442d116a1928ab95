import { type Clock, type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { QueuedTask } from "./class_queue.ts";

/** So often it is asked whether what others' tasks wait for exists still. Milliseconds. */
export const LOOK_EVERY_MS = 500;

export interface UnreadyOptions {
  node: NodeNumber;
  clock: Pick<Clock, "after">;
  /** See `BacklogOptions`. */
  whenHere(ids: readonly string[], action: () => void): () => void;
  whenAvailable(ids: readonly string[], action: () => void): () => void;
  /**
   * A task from another node waits for what no node has any more, and what is made again only: told once. It had all
   * been there when the task was sent here.
   */
  bereft(task: QueuedTask): void;
}

interface Waiting {
  readonly task: QueuedTask;
  readonly stop: () => void;
  /** Takes the question back whether there is a value of all its arguments; none while it is not asked. */
  stopAsking: (() => void) | undefined;
  bereft: boolean;
}

/**
 * Tasks that wait for their arguments. Those of other nodes are to run here: what they need is brought. This node's own
 * may go elsewhere, and wait until it is anywhere.
 */
export class Unready {
  readonly #options: UnreadyOptions;
  readonly #tasks: Map<string, Waiting> = new Map();
  #looking = false;

  constructor(options: UnreadyOptions) {
    this.#options = options;
  }

  /** Calls back once all that the task needs is there. */
  add(task: QueuedTask, ready: () => void): void {
    const { whenHere, whenAvailable } = this.#options;
    const { owner, sequence, needs } = task;
    const key = `${owner}.${sequence}`;
    let isReady = false;
    const action = (): void => {
      isReady = true;
      this.#tasks.get(key)?.stopAsking?.();
      this.#tasks.delete(key);
      ready();
    };
    const isOwn = nodeOf(owner) === this.#options.node;
    const stop = isOwn ? whenAvailable(needs, action) : whenHere(needs, action);
    // It may all have been there.
    if (isReady) return;
    this.#tasks.set(key, { task, stop, stopAsking: undefined, bereft: false });
    if (!isOwn) this.#look();
  }

  /** The task, if it was waiting here. */
  remove(owner: PlaceId, sequence: number): QueuedTask | undefined {
    const key = `${owner}.${sequence}`;
    const waiting = this.#tasks.get(key);
    if (waiting !== undefined) this.#delete(key, waiting);
    return waiting?.task;
  }

  dropOwners(isGone: (owner: PlaceId) => boolean): void {
    for (const [key, waiting] of this.#tasks) if (isGone(waiting.task.owner)) this.#delete(key, waiting);
  }

  get size(): number {
    return this.#tasks.size;
  }

  #delete(key: string, { stop, stopAsking }: Waiting): void {
    stop();
    stopAsking?.();
    this.#tasks.delete(key);
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#looking = false;
      const others = [...this.#tasks.values()].filter(({ task, bereft }) => !bereft && nodeOf(task.owner) !== this.#options.node);
      for (const waiting of others) this.#ask(waiting);
      if (others.some(({ bereft }) => !bereft)) this.#look();
    });
  }

  /** A home says at once that there is a value, and nothing until there is one: no answer by the next time is one, too. */
  #ask(waiting: Waiting): void {
    const { whenAvailable, bereft } = this.#options;
    if (waiting.stopAsking !== undefined) {
      waiting.stopAsking();
      waiting.stopAsking = undefined;
      waiting.bereft = true;
      bereft(waiting.task);
      return;
    }
    let isAnswered = false;
    const stop = whenAvailable(waiting.task.needs, () => {
      isAnswered = true;
      waiting.stopAsking = undefined;
    });
    if (!isAnswered) waiting.stopAsking = stop;
  }
}
