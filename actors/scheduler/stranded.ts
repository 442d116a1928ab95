import { ActorNumber, type Clock, type Kernel, nodeOf, placeId, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { Backlog } from "./backlog.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import type { TaskNews } from "./task_news.ts";

/** Tasks that a node was chosen for wait this long for room there, while none of their class begins. Milliseconds. */
const STRANDED_MS = 500;

export interface StrandedOptions {
  kernel: Kernel;
  clock: Pick<Clock, "after">;
  backlog: Backlog;
  news: TaskNews;
  /** Whether what one task of the queue asks for is free. */
  hasRoom(queue: ClassQueue): boolean;
}

/**
 * Sends tasks back that this node was chosen for, and that find no room here: something else, an actor perhaps, has
 * taken for good what was free when they were sent, or those before them run for long, and may even wait for what they
 * are to make. Where they came from, they are looked at anew.
 */
export class Stranded {
  readonly #options: StrandedOptions;
  readonly #watched: Set<ClassQueue> = new Set();

  constructor(options: StrandedOptions) {
    this.#options = options;
  }

  /** Tasks of the queue wait, after all that can run has begun. */
  look(queue: ClassQueue): void {
    if (this.#watched.has(queue) || !this.#isStranded(queue)) return;
    this.#watched.add(queue);
    const { gone } = queue;
    this.#options.clock.after(STRANDED_MS, () => {
      this.#watched.delete(queue);
      if (!this.#isStranded(queue)) return;
      if (queue.gone === gone) this.giveBack(queue);
      else this.look(queue);
    });
  }

  /** Sends back all that waits in a queue of others' tasks. */
  giveBack(queue: ClassQueue): void {
    const { kernel, backlog } = this.#options;
    const tasks = [...queue.takeAll()];
    if (queue.sender === undefined) for (const task of tasks) backlog.add(task);
    // Before it hears that they are not here any more, which makes room for others.
    else kernel.send(placeId(queue.sender, SYSTEM_SLOT), [ActorNumber.localScheduler, "takeBack", 0, queue.schedulingClass, tasks]);
    backlog.begun(queue, tasks.length);
  }

  /** Tasks of this node's places have come back from another node: their owners hear of it, and they wait here again. */
  takeBack(tasks: readonly QueuedTask[]): void {
    const { kernel, backlog, news } = this.#options;
    news.moved(nodeOf(kernel.place), tasks);
    for (const task of tasks) backlog.add(task);
  }

  #isStranded(queue: ClassQueue): boolean {
    // What names a node or a placement group would only come here again.
    if (queue.origin === "own" || typeof queue.placement.schedulingStrategy === "object") return false;
    return queue.waiting > 0 && !this.#options.hasRoom(queue);
  }
}
