import { SchedulerOp } from "../contracts/mod.ts";
import { type PlaceId, Ring } from "../kernel/mod.ts";
import type { ArgumentForm, TaskBatch } from "../tasks/mod.ts";

/** A task that has come to this worker. */
export interface TaskCall {
  readonly lease: WorkerLease;
  readonly owner: PlaceId;
  readonly template: number;
  readonly sequence: number;
  readonly form: ArgumentForm;
  readonly data: unknown;
  readonly flags: number;
  /** Cancelled before it ran. */
  cancelled: boolean;
}

interface SharedWork {
  readonly owner: PlaceId;
  readonly template: number;
  readonly batch: TaskBatch;
}

/** The worker's side of a lease: what is to be run under it, and what is running. */
export class WorkerLease {
  readonly id: number;
  readonly queue: Ring<TaskCall> = new Ring();
  shared: SharedWork[] = [];
  /** Tasks begun and not ended. */
  active = 0;
  /** Of those, the ones that wait for objects. */
  blocked = 0;
  revoked = false;
  /** A task of it has waited and went on, and others may have its CPU by now: nothing else begins until the scheduler says so. */
  resumed = false;
  /** The GPUs that come with it. */
  acceleratorIds: readonly string[] | undefined;
  /** Whether the scheduler has heard that nothing is left. */
  idleTold = false;
  /** Whether its lessee has relinquished it with what it pushed last. */
  relinquished = false;

  constructor(id: number) {
    this.id = id;
  }

  /** The next task to begin; none while a task of this lease waits for objects. */
  next(claimant: number): TaskCall | undefined {
    if (this.blocked > 0) return undefined;
    const queued = this.queue.shift();
    if (queued !== undefined) return queued;
    while (this.shared.length > 0) {
      const { owner, template, batch } = this.shared[0] as SharedWork;
      const record = batch.claim(claimant);
      if (record !== undefined) {
        return {
          lease: this,
          owner,
          template,
          sequence: record[0],
          form: record[1],
          data: record[2],
          flags: record[3] ?? 0,
          cancelled: false,
        };
      }
      this.shared.shift();
    }
    return undefined;
  }

  /** Lets go of what owners have shared that are gone. */
  forget(isGone: (owner: PlaceId) => boolean): void {
    this.shared = this.shared.filter(({ owner }) => !isGone(owner));
  }

  /** The scheduler has sent something under it: it counts as busy there until it hears otherwise. */
  heard(): void {
    this.idleTold = false;
    if (this.active === 0) this.resumed = false;
  }

  /** Its lessee has pushed its last task under it: the scheduler, whose it is again, is to hear when nothing is left. */
  relinquish(): void {
    this.relinquished = true;
    this.idleTold = false;
  }

  /** What the scheduler is to hear when nothing is left. */
  tellIdle(): typeof SchedulerOp.idle | typeof SchedulerOp.handedBack {
    const op = this.relinquished ? SchedulerOp.handedBack : SchedulerOp.idle;
    this.relinquished = false;
    this.idleTold = true;
    return op;
  }

  /** A task has what it waited for; true when none waits any more. */
  goesOn(): boolean {
    this.resumed = true;
    this.shared.length = 0;
    return --this.blocked === 0;
  }

  /** About how many tasks wait. */
  get waiting(): number {
    return this.queue.size + (this.shared[0]?.batch.waiting ?? 0);
  }

  /** Nothing new may begin. */
  get closed(): boolean {
    return this.revoked || this.blocked > 0 || this.resumed;
  }

  get idle(): boolean {
    return this.active === 0 && this.queue.size === 0 && this.shared.length === 0;
  }
}

/** Names a task among all that this worker has. */
export function keyOf(task: Pick<TaskCall, "owner" | "sequence">): string {
  return `${task.owner}.${task.sequence}`;
}
