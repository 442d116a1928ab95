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
  /** Places that may push tasks straight to the worker under it. */
  readonly lessees: Set<PlaceId> = new Set();
  /** Single tasks sent since the worker was last idle, and not given back: lost with it if it dies. */
  sent: QueuedTask[] = [];
  /** The owner whose tasks were sent last, and their template. */
  lastOwner: PlaceId = -1;
  lastTemplate = -1;
  /** When something was sent last, or when others got leave to send something. Milliseconds since the epoch. */
  sinceMs = 0;
  /** The GPUs that its worker has with it. */
  acceleratorIds: readonly string[] = [];
  idle = true;
  blocked = false;
  revoking = false;
  stopLinger: (() => void) | undefined;

  constructor(id: number, worker: WorkerSlot, { queue, room }: { queue: ClassQueue; room: NodeResources }) {
    this.id = id;
    this.worker = worker;
    this.queue = queue;
    this.room = room;
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
