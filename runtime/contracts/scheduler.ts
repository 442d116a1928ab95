import type { Caller, PlaceId } from "../kernel/mod.ts";

/** How long a task may go on after its signal has told it that its owner is gone; then its worker is ended. Milliseconds. */
export const ORPHAN_GRACE_MS = 1_000;

/** What may be asked of a node's local scheduler beside its hot messages. */
export interface SchedulerContract {
  /** Drops the caller's task if it waits here; else tells the worker that runs it, or with `force` ends that worker. */
  cancel(caller: Caller, sequence: number, options: { force: boolean; recursive: boolean; worker?: PlaceId | undefined }): void;
  /** The same for a task of another place, from its own node's scheduler. */
  cancelFor(caller: Caller, owner: PlaceId, sequence: number, options: { force: boolean; recursive: boolean; worker?: PlaceId | undefined }): void;
}
