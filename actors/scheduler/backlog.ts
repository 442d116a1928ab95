import { SchedulerOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, type Kernel, type NodeNumber, nodeOf, type PlaceId, placeId, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { claimantOfNode, TaskBatch, type TaskTemplate } from "../../runtime/tasks/mod.ts";
import { groupOf } from "./admission.ts";
import { ClassQueue, type Dropped, type Origin, type QueuedTask } from "./class_queue.ts";
import { Unready } from "./unready.ts";
import type { WorkerKind } from "./worker_slot.ts";

export interface BacklogOptions {
  kernel: Kernel;
  clock: Pick<Clock, "after">;
  isolation: WorkerKind;
  template(owner: PlaceId, number: number): TaskTemplate | undefined;
  /** Calls back once the template is known; never, when its owner goes before. */
  whenPublished(owner: PlaceId, number: number, action: () => void): void;
  /** Calls back once all these objects are on this node; returns the way to take that back. */
  whenHere(ids: readonly string[], action: () => void): () => void;
  /** The same once they are on some node: nothing is brought here. */
  whenAvailable(ids: readonly string[], action: () => void): () => void;
  /** Something waits that did not before. */
  changed(): void;
}

/** The tasks that wait at a node's scheduler: for what they need, and then in the queue of their class and origin. */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #node: NodeNumber;
  readonly #queues: Map<string, ClassQueue> = new Map();
  readonly #unready: Unready;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#node = nodeOf(options.kernel.place);
    // It takes no room in its sender's window from now on: what makes its arguments again may wait for that room. That it
    // is told once more when it runs does no harm: a window has never less than nothing under way.
    this.#unready = new Unready({ ...options, node: this.#node, bereft: (task) => this.#unreadyGone(task) });
  }

  [Symbol.iterator](): Iterator<ClassQueue> {
    return this.#queues.values();
  }

  /** Tasks that wait for their arguments. */
  get unready(): number {
    return this.#unready.size;
  }

  add(task: QueuedTask): void {
    const enqueue = (): void => this.#inQueue(task, (queue) => queue.add(task));
    if (task.needs.length === 0) enqueue();
    else this.#unready.add(task, enqueue);
  }

  /** `relayed`: it was written by a scheduler, which took the tasks from the owner's own batch. */
  addBatch(of: { owner: PlaceId; template: number; relayed: boolean }, buffer: SharedArrayBuffer): void {
    this.#inQueue(of, (queue) => queue.addBatch({ ...of, batch: new TaskBatch(buffer), shown: new Set() }));
  }

  /** So many tasks from another node were given to workers, or will not run: their sender hears of it, so that more can come. */
  begun(queue: ClassQueue, tasks: number): void {
    const { sender, schedulingClass } = queue;
    if (sender === undefined) return;
    this.#options.kernel.send(placeId(sender, SYSTEM_SLOT), [ActorNumber.localScheduler, SchedulerOp.taken, schedulingClass, tasks]);
  }

  /** So many tasks of the queue are to run here and nowhere else. */
  place(queue: ClassQueue, tasks: number): void {
    const { template } = this.#options;
    for (let left = tasks; left > 0; ) {
      const task = queue.singles.shift();
      const part = task === undefined ? queue.takePart(claimantOfNode(this.#node), left) : undefined;
      const of = task ?? part;
      const known = of && template(of.owner, of.template);
      if (known === undefined) return;
      const placed = this.#queueOf(known, "placed");
      if (task !== undefined) placed.add(task);
      else if (part !== undefined) placed.addBatch({ ...part, batch: TaskBatch.of(part.records), shown: new Set(), relayed: true });
      left -= part?.records.length ?? 1;
    }
  }

  delete({ schedulingClass, origin }: ClassQueue): void {
    this.#queues.delete(keyOf(schedulingClass, origin));
  }

  inGroup(groupId: string): ClassQueue[] {
    return [...this.#queues.values()].filter((queue) => groupOf(queue) === groupId);
  }

  /** Takes a task out, if it waits here. */
  drop(owner: PlaceId, sequence: number): Dropped {
    const unready = this.#unready.remove(owner, sequence);
    if (unready !== undefined) {
      this.#unreadyGone(unready);
      return { dropped: true };
    }
    let claimant: number | undefined;
    for (const queue of this.#queues.values()) {
      const before = queue.singles.size;
      const found = queue.drop(owner, sequence);
      // It takes no more room in the window of the node that sent it. A batch tells of all its tasks together.
      if (queue.singles.size < before) this.begun(queue, 1);
      if (found.dropped) return found;
      claimant ??= found.claimant;
    }
    return { dropped: false, claimant };
  }

  /** Owners are gone: what waits of theirs is dropped. */
  dropOwners(isGone: (owner: PlaceId) => boolean): void {
    this.#unready.dropOwners(isGone);
    for (const queue of this.#queues.values()) {
      queue.dropOwners(isGone);
      // All of a node is gone: nothing comes from there any more.
      if (queue.sender !== undefined && isGone(placeId(queue.sender, SYSTEM_SLOT))) this.delete(queue);
    }
  }

  /** What waits here, and of what kind. */
  pending(): { name: string; demand: ResourceSet; waiting: number }[] {
    return [...this.#queues.values()]
      .filter((queue) => queue.waiting > 0)
      .map(({ placement, demand, waiting }) => ({ name: placement.name, demand, waiting }));
  }

  /** A task that waited for its arguments is counted no more by the node that sent it. */
  #unreadyGone(task: QueuedTask): void {
    const { owner, template } = task;
    const known = this.#options.template(owner, template);
    // Nobody here may have asked for it yet.
    if (known === undefined) this.#options.whenPublished(owner, template, () => this.#unreadyGone(task));
    else this.begun(this.#queueOf(known, this.#originOf(owner)), 1);
  }

  /** Puts something into the queue of its template, once that is known. */
  #inQueue(of: { owner: PlaceId; template: number }, put: (queue: ClassQueue) => void): void {
    const { owner, template } = of;
    const known = this.#options.template(owner, template);
    if (known === undefined) {
      // It came from another node, or back from a worker that had it straight from its owner: what the owner says comes another way.
      this.#options.whenPublished(owner, template, () => this.#inQueue(of, put));
      return;
    }
    put(this.#queueOf(known, this.#originOf(owner)));
    this.#options.changed();
  }

  #originOf(owner: PlaceId): Origin {
    const node = nodeOf(owner);
    return node === this.#node ? "own" : node;
  }

  #queueOf(template: TaskTemplate, origin: Origin): ClassQueue {
    const key = keyOf(template.schedulingClass, origin);
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue: ClassQueue = ClassQueue.of(template, {
      isolation: this.#options.isolation,
      origin,
      onClaimed: (tasks) => this.begun(queue, tasks),
    });
    this.#queues.set(key, queue);
    return queue;
  }
}

/** Most are a node's own, and looked up at every call: no text is made for those. */
function keyOf(schedulingClass: string, origin: Origin): string {
  return origin === "own" ? schedulingClass : `${origin} ${schedulingClass}`;
}
