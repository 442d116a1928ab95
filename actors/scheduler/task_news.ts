import { type Attempt, attemptIn, CallerOp, SchedulerOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Envelope, type Kernel, type NodeNumber, nodeOf, type PlaceId, placeId, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { QueuedTask } from "./class_queue.ts";
import type { GrantedLease } from "./granted_lease.ts";

/** What an owner is told of a task by: which one, and which attempt at it. */
type ToldTask = Pick<QueuedTask, "owner" | "sequence" | "flags">;

/**
 * Tells owners where their tasks are, and under which leases they may push more. Nobody but the scheduler of an owner's own
 * node does, and others tell that one, so an owner hears of a task in the order in which it went.
 */
export class TaskNews {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** What another node's scheduler has to tell an owner here. False when it is none of that. */
  passOn(envelope: Envelope, from: PlaceId): boolean {
    switch (envelope[1]) {
      case SchedulerOp.moved: {
        const [, , owner, sequence, flags] = envelope as [0, 0, PlaceId, number, number];
        this.moved(nodeOf(from), [{ owner, sequence, flags }]);
        return true;
      }
      case SchedulerOp.lent: {
        const [, , owner, schedulingClass, id, worker, attempt] = envelope as [0, 0, PlaceId, string, number, PlaceId, Attempt];
        this.#kernel.send(owner, [ActorNumber.caller, CallerOp.lease, schedulingClass, id, worker, attempt]);
        return true;
      }
      case SchedulerOp.leaseEnded:
        this.#kernel.send(envelope[2] as PlaceId, [ActorNumber.caller, CallerOp.leaseEnded, envelope[3], envelope[4]]);
        return true;
      default:
        return false;
    }
  }

  /** Tasks of this node's places are at the scheduler of `node` now. */
  moved(node: NodeNumber, tasks: Iterable<ToldTask>): void {
    const owners = new Map<PlaceId, Attempt[]>();
    for (const { owner, sequence, flags } of tasks) {
      const attempts = owners.get(owner);
      if (attempts === undefined) owners.set(owner, [[sequence, attemptIn(flags)]]);
      else attempts.push([sequence, attemptIn(flags)]);
    }
    for (const [owner, attempts] of owners) this.#kernel.send(owner, [ActorNumber.caller, CallerOp.moved, node, attempts]);
  }

  /** A worker has given a task back to this scheduler: its owner may believe it there. */
  givenBack(task: ToldTask): void {
    const { owner, sequence, flags } = task;
    if (this.#isHere(owner)) this.moved(nodeOf(this.#kernel.place), [task]);
    // Before all else that this scheduler does with it, and on the same way.
    else this.#tellScheduler(owner, [ActorNumber.localScheduler, SchedulerOp.moved, owner, sequence, flags]);
  }

  /** The lease is the owner's from now on, and this of its tasks is with the worker. */
  lent({ id, queue: { schedulingClass }, worker: { place } }: GrantedLease, owner: PlaceId, attempt: Attempt): void {
    if (this.#isHere(owner)) this.#kernel.send(owner, [ActorNumber.caller, CallerOp.lease, schedulingClass, id, place, attempt]);
    else this.#tellScheduler(owner, [ActorNumber.localScheduler, SchedulerOp.lent, owner, schedulingClass, id, place, attempt]);
  }

  /** The lease is not the owner's any more. */
  leaseEnded({ id, worker: { place } }: GrantedLease, owner: PlaceId): void {
    if (this.#isHere(owner)) this.#kernel.send(owner, [ActorNumber.caller, CallerOp.leaseEnded, id, place]);
    else this.#tellScheduler(owner, [ActorNumber.localScheduler, SchedulerOp.leaseEnded, owner, id, place]);
  }

  #isHere(owner: PlaceId): boolean {
    return nodeOf(owner) === nodeOf(this.#kernel.place);
  }

  #tellScheduler(owner: PlaceId, envelope: Envelope): void {
    this.#kernel.send(placeId(nodeOf(owner), SYSTEM_SLOT), envelope);
  }
}
