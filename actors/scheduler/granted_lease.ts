import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import type { WorkerSlot } from "./worker_slot.ts";

/** The scheduler's side of a lease: a worker and resources, for one scheduling class. */
export class GrantedLease {
  readonly id: number;
  readonly worker: WorkerSlot;
  readonly queue: ClassQueue;
  /** Places that may push tasks straight to the worker under it. */
  readonly lessees: Set<PlaceId> = new Set();
  /** Single tasks sent since the worker was last idle: lost with it if it dies. */
  sent: QueuedTask[] = [];
  /** The owner whose tasks were sent last. */
  lastOwner: PlaceId = -1;
  idle = true;
  blocked = false;
  revoking = false;
  stopLinger: (() => void) | undefined;

  constructor(id: number, worker: WorkerSlot, queue: ClassQueue) {
    this.id = id;
    this.worker = worker;
    this.queue = queue;
  }
}
