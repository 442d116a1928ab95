import { CallerOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Kernel, type PlaceId } from "../../runtime/kernel/mod.ts";
import { faultPayload, payloadToWire } from "../../runtime/values/mod.ts";
import type { Backlog } from "./backlog.ts";
import type { ClassQueue } from "./class_queue.ts";
import type { GrantedLeases } from "./granted_leases.ts";
import type { Stranded } from "./stranded.ts";

export interface GroupTasksOptions {
  kernel: Kernel;
  backlog: Backlog;
  leases: GrantedLeases;
  stranded: Stranded;
  places(): Iterable<PlaceId>;
  /** The queue is no more. */
  forget(queue: ClassQueue): void;
  kill(place: PlaceId, detail: string): void;
}

/** A node's tasks of placement groups, when the groups leave it. */
export class GroupTasks {
  readonly #options: GroupTasksOptions;

  constructor(options: GroupTasksOptions) {
    this.#options = options;
  }

  /** A placement group is gone: the owners of its tasks hear of it, and the workers that run some are ended. */
  end(groupId: string, fault: Uint8Array): void {
    const { kernel, backlog, leases, places, forget, kill } = this.#options;
    const queues = backlog.inGroup(groupId);
    if (queues.length === 0) return;
    const wire = payloadToWire(faultPayload(fault));
    for (const place of places()) kernel.send(place, [ActorNumber.caller, CallerOp.groupRemoved, groupId, wire]);
    for (const queue of queues) {
      forget(queue);
      for (const lease of queue.leases) leases.stop(lease, () => kill(lease.worker.place, `its placement group ${groupId} was removed`));
    }
  }

  /** A group's bundles leave this node: what runs in them goes on to its end, and others' tasks that wait go back. */
  leave(groupId: string): void {
    const { backlog, leases, stranded } = this.#options;
    for (const queue of backlog.inGroup(groupId)) {
      for (const lease of queue.leases) leases.revoke(lease);
      if (queue.origin !== "own" && queue.waiting > 0) stranded.giveBack(queue);
    }
  }
}
