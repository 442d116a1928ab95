import type { Moves } from "./state_machine.ts";

/**
 * Where a job is in its life, as Ray names it.
 *
 * ```text
 *  submit ─► PENDING ─── driver came ───► RUNNING ─┬─► SUCCEEDED   its driver said so
 *               │                            ▲     ├─► FAILED      its driver crashed or was lost
 *               └─► STOPPED, FAILED       driver   └─► STOPPED     somebody stopped it
 * ```
 */
export type JobStatus = "PENDING" | "RUNNING" | "STOPPED" | "SUCCEEDED" | "FAILED";

export const JOB_MOVES: Moves<JobStatus> = {
  PENDING: ["RUNNING", "STOPPED", "FAILED"],
  RUNNING: ["STOPPED", "SUCCEEDED", "FAILED"],
  STOPPED: [],
  SUCCEEDED: [],
  FAILED: [],
};
