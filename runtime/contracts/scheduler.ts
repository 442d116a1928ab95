import type { Caller, PlaceId } from "../kernel/mod.ts";

/** How long a task may go on after its signal has told it that its owner is gone; then its worker is ended. Milliseconds. */
export const ORPHAN_GRACE_MS = 1_000;

/** How a task is stopped: which attempt at it, and the worker that has it, as far as its owner knows. */
export interface TaskStop {
  force: boolean;
  recursive: boolean;
  attempt: number;
  worker?: PlaceId | undefined;
}

/** What may be asked of a node's local scheduler beside its hot messages. */
export interface SchedulerContract {
  /** Drops the caller's task if it waits here; else tells the worker that runs it, or with `force` ends that worker. */
  cancel(caller: Caller, sequence: number, how: TaskStop): void;
  /** The same for a task of another place, from its own node's scheduler. */
  cancelFor(caller: Caller, owner: PlaceId, sequence: number, how: TaskStop): void;
}
