import { type Attempt, attemptIn } from "../../runtime/contracts/mod.ts";
import { type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import type { NodeResources } from "./node_resources.ts";
import type { WorkerSlot } from "./worker_slot.ts";

/** The scheduler's side of a lease: a worker and resources, for one scheduling class. */
export class GrantedLease {
  readonly id: number;
  readonly worker: WorkerSlot;
  readonly queue: ClassQueue;
  /** What it takes from: the node, or a bundle of a placement group. */
  readonly room: NodeResources;
  /** Whom it is lent to: one that pushes its tasks straight to the worker, unseen from here. Nothing is sent from here meanwhile. */
  lessee: PlaceId | undefined;
  /** What the lessee has pushed last, as far as it does not want to push more. */
  relinquished: Attempt | undefined;
  /** How often it was left with the lessee all the same, and the worker has yet to say that it has it back. */
  left = 0;
  /** Single tasks sent since the worker was last idle, and not given back: lost with it if it dies. */
  sent: QueuedTask[] = [];
  /** The owner whose tasks were sent last, and their template. */
  lastOwner: PlaceId = -1;
  lastTemplate = -1;
  /** When something was sent last, or nothing was left to run. Milliseconds since the epoch. */
  sinceMs = 0;
  /** The GPUs that its worker has with it. */
  acceleratorIds: readonly string[] = [];
  idle = true;
  blocked = false;
  revoking = false;
  /** When it was called back. Milliseconds since the epoch. */
  revokedMs = 0;
  /** Stops the timer that calls it back when it has been idle, or that looks after it when it does not come back. */
  stopTimer: (() => void) | undefined;

  constructor(id: number, worker: WorkerSlot, { queue, room }: { queue: ClassQueue; room: NodeResources }) {
    this.id = id;
    this.worker = worker;
    this.queue = queue;
    this.room = room;
  }

  /** Whether something may be sent under it. */
  get usable(): boolean {
    const { idle, lessee, revoking, blocked, room, worker } = this;
    return idle && lessee === undefined && !revoking && !blocked && room.debt.isEmpty && worker.takes(this);
  }

  /** Its worker has given this back. */
  gaveBack({ owner, sequence }: QueuedTask): void {
    this.sent = this.sent.filter((task) => task.owner !== owner || task.sequence !== sequence);
  }
}

/** The attempts that were sent under these leases, by owner; some that are claimed from relayed batches may have ended. */
export function sentUnder(leases: Iterable<GrantedLease>): Map<PlaceId, Attempt[]> {
  const sent = new Map<PlaceId, Attempt[]>();
  for (const { sent: singles, queue, worker } of leases) {
    for (const { owner, sequence, flags } of [...singles, ...queue.claimedBy(worker.place - systemPlaceOf(worker.place))]) {
      const attempts = sent.get(owner);
      if (attempts === undefined) sent.set(owner, [[sequence, attemptIn(flags)]]);
      else attempts.push([sequence, attemptIn(flags)]);
    }
  }
  return sent;
}
