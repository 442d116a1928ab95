import { ExecutorOp, type TaskStop } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, type Kernel, nodeOf, type PlaceId, placeId, remoteContract, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";
import type { Backlog } from "./backlog.ts";
import type { GrantedLeases } from "./granted_leases.ts";
import type { Spillover } from "./spillover.ts";
import type { WorkerSlots } from "./worker_slots.ts";

/** How long a worker may take to say whether it runs a task; one that does not yield cannot, and is looked at. */
const ANSWER_MS = 100;

interface CancellationsOptions {
  kernel: Kernel;
  clock: Clock;
  backlog: Backlog;
  leases: GrantedLeases;
  slots: WorkerSlots;
  spillover: Spillover;
  kill(place: PlaceId, detail: string): void;
}

/** Stops tasks that are not wanted any more, wherever they are by now. */
export class Cancellations {
  readonly #options: CancellationsOptions;

  constructor(options: CancellationsOptions) {
    this.#options = options;
  }

  cancel(owner: PlaceId, sequence: number, how: TaskStop): void {
    const { kernel, backlog, leases, spillover } = this.#options;
    const node = nodeOf(kernel.place);
    const { dropped, claimant } = backlog.drop(owner, sequence);
    if (dropped) return;
    const claimed = claimant === undefined || claimant <= 0 ? undefined : placeId(node, claimant);
    // Where it was sent from here counts more: its owner does not hear which worker has it.
    const place = leases.workerOf(owner, [sequence, how.attempt]) ?? claimed ?? how.worker;
    if (place === undefined || place === kernel.place) {
      if (nodeOf(owner) === node) spillover.cancel(owner, sequence, how);
      return;
    }
    if (nodeOf(place) !== node) {
      kernel.send(placeId(nodeOf(place), SYSTEM_SLOT), [ActorNumber.localScheduler, "cancelFor", 0, owner, sequence, how]);
      return;
    }
    kernel.send(place, [ActorNumber.executor, ExecutorOp.cancel, owner, sequence, how.recursive, "cancelled"]);
    if (how.force) void this.#end(place, owner, sequence);
  }

  /** Ends the worker, unless it does not run the task: it may have had it waiting, or be done with it, and run another's. */
  async #end(place: PlaceId, owner: PlaceId, sequence: number): Promise<void> {
    const { kernel, clock, slots, kill } = this.#options;
    const worker = remoteContract<Pick<HostContract, "condemn">>(kernel, place, ActorNumber.executor);
    const late = Promise.withResolvers<boolean>();
    const stopWaiting = clock.after(ANSWER_MS, () => late.resolve(slots.get(place)?.current?.condemn(owner, sequence) ?? true));
    const runs = await Promise.race([worker.condemn(owner, sequence), late.promise]).catch(() => false);
    stopWaiting();
    if (runs) kill(place, "cancel() with force");
  }
}
