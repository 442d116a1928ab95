import { type Attempt, attemptIn, CallerOp, SchedulerOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Kernel, type NodeNumber, nodeOf, type PlaceId, placeId, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { QueuedTask } from "./class_queue.ts";

/** What an owner is told of a task by: which one, and which attempt at it. */
type MovedTask = Pick<QueuedTask, "owner" | "sequence" | "flags">;

/**
 * Tells owners which scheduler has their tasks. Nobody but the scheduler of an owner's own node does, so an owner hears of
 * a task in the order in which it went.
 */
export class Moves {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Tasks of this node's places are at the scheduler of `node` now. */
  tell(node: NodeNumber, tasks: Iterable<MovedTask>): void {
    const owners = new Map<PlaceId, Attempt[]>();
    for (const { owner, sequence, flags } of tasks) {
      const attempts = owners.get(owner);
      if (attempts === undefined) owners.set(owner, [[sequence, attemptIn(flags)]]);
      else attempts.push([sequence, attemptIn(flags)]);
    }
    for (const [owner, attempts] of owners) this.#kernel.send(owner, [ActorNumber.caller, CallerOp.moved, node, attempts]);
  }

  /** A worker has given a task back to this scheduler: its owner may believe it there. */
  givenBack(task: MovedTask): void {
    const { owner, sequence, flags } = task;
    const here = nodeOf(this.#kernel.place);
    if (nodeOf(owner) === here) this.tell(here, [task]);
    // Before all else that this scheduler does with it, and on the same way.
    else this.#kernel.send(placeId(nodeOf(owner), SYSTEM_SLOT), [ActorNumber.localScheduler, SchedulerOp.moved, owner, sequence, flags]);
  }
}
