import type { Kernel } from "../../runtime/kernel/mod.ts";
import type { Backlog } from "./backlog.ts";
import type { ClassQueue } from "./class_queue.ts";
import type { GrantedLease } from "./granted_lease.ts";
import type { GrantedLeases } from "./granted_leases.ts";
import type { LocalSchedulerOptions } from "./local_scheduler_options.ts";
import type { Retirements } from "./retirements.ts";
import { sendBatch, sendTask } from "./task_messages.ts";
import type { WorkerSlot } from "./worker_slot.ts";
import type { WorkerSlots } from "./worker_slots.ts";

export interface DispatcherOptions extends Pick<LocalSchedulerOptions, "admission" | "workers" | "accelerators"> {
  kernel: Kernel;
  backlog: Backlog;
  leases: GrantedLeases;
  slots: WorkerSlots;
  retirements: Retirements;
}

/** Gives what waits to workers: under the leases that there are, or new ones. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Has as much of the queue run as can run now. */
  serve(queue: ClassQueue, waiting: number): void {
    let left = waiting;
    const served: GrantedLease[] = [];
    for (const lease of queue.leases) {
      if (left === 0) break;
      if (!lease.usable || !this.#dispatch(lease)) continue;
      served.push(lease);
      left--;
    }
    // Workers that are busy with a batch of this class take its tasks anyway.
    while (left > 0 && queue.waiting > 0) {
      const lease = this.#grant(queue, left);
      if (lease === undefined || !this.#dispatch(lease)) break;
      served.push(lease);
      left--;
    }
    if (queue.waiting === 0) this.#lend(queue, served);
  }

  /** Nothing is left to run under the lease: the next thing does, or it waits for a while. */
  idle(lease: GrantedLease): void {
    const { leases } = this.#options;
    const { queue, lessee } = lease;
    if (lease.usable && queue.waiting > 0 && this.#dispatch(lease)) {
      if (queue.waiting === 0) this.#lend(queue, [lease]);
    } else if (lessee !== undefined && queue.waiting > 0) leases.revoke(lease);
    else leases.linger(lease);
  }

  /** Nothing else waits: who sent these tasks may push the next ones to their workers. */
  #lend(queue: ClassQueue, served: readonly GrantedLease[]): void {
    const { backlog, leases } = this.#options;
    // A task that waited for another's result may have one after it that waits for its own, and comes by here.
    const chained = backlog.unready > 0;
    for (const lease of served) if (!chained || lease.sent[0]?.needs.length === 0) leases.lend(lease);
    leases.leaveWithLessees(queue);
  }

  #grant(queue: ClassQueue, waiting: number): GrantedLease | undefined {
    const { admission, slots, leases, accelerators } = this.#options;
    const room = admission.roomFor(queue);
    if (room === undefined || !accelerators.has(queue.demand.get("GPU"))) {
      leases.revokeIdle(queue);
      return undefined;
    }
    const worker = slots.free(queue.kind, queue.environment) ?? this.#spareWorker(queue, waiting);
    if (worker === undefined) return undefined;
    return leases.open(queue, { worker, room });
  }

  /** No worker is free: one more is started, or idle leases are called back, or a waiting thread takes the task in between. */
  #spareWorker(queue: ClassQueue, waiting: number): WorkerSlot | undefined {
    const { leases, workers, retirements, slots } = this.#options;
    if (leases.revokeIdle(queue)) return undefined;
    if (workers.request(queue.kind, queue.environment, waiting)) return undefined;
    retirements.makeRoomFor(queue);
    return slots.waiting(queue.kind, queue.environment);
  }

  /** Sends one thing to run under a lease. False when nothing waits for it. */
  #dispatch(lease: GrantedLease): boolean {
    const { kernel, backlog, leases } = this.#options;
    const { queue } = lease;
    const task = queue.singles.shift();
    if (task !== undefined) {
      backlog.begun(queue, 1);
      leases.busy(lease, task);
      lease.sent.push(task);
      sendTask(kernel, lease, task);
      return true;
    }
    const queued = queue.batchFor(lease);
    if (queued === undefined) return false;
    queued.shown.add(lease);
    leases.busy(lease, queued);
    sendBatch(kernel, lease, queued);
    return true;
  }
}
