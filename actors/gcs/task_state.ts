/**
 * Where a task is in its life, as Ray names it, from first to last. States are told by several places (the
 * owner, the scheduler's node, the worker), whose reports arrive in no set order; so there is no table of
 * moves but a rank: a report of a lower rank than the present one only adds its time.
 */
export const TASK_STATES = [
  "PENDING_ARGS_AVAIL",
  "PENDING_NODE_ASSIGNMENT",
  "PENDING_OBJ_STORE_MEM_AVAIL",
  "PENDING_ARGS_FETCH",
  "SUBMITTED_TO_WORKER",
  "PENDING_ACTOR_TASK_ARGS_FETCH",
  "PENDING_ACTOR_TASK_ORDERING_OR_CONCURRENCY",
  "GETTING_AND_PINNING_ARGS",
  "RUNNING",
  "RUNNING_IN_RAY_GET",
  "RUNNING_IN_RAY_WAIT",
  "FINISHED",
  "FAILED",
] as const;

export type TaskState = (typeof TASK_STATES)[number];

const CODES: ReadonlyMap<string, number> = new Map(TASK_STATES.map((state, code) => [state, code]));
const RUNNING = TASK_STATES.indexOf("RUNNING");
const FINISHED = TASK_STATES.indexOf("FINISHED");

/** A state's place in `TASK_STATES`. @throws RangeError for what is none. */
export function taskStateCode(state: TaskState): number {
  const code = CODES.get(state);
  if (code === undefined) throw new RangeError(`Unknown task state ${JSON.stringify(state)}`);
  return code;
}

/** The stage of a task's life in which a state lies: each stage has one time. */
export type TaskStage = "waiting" | "submitted" | "running" | "ended";

export function taskStage(code: number): TaskStage {
  if (code >= FINISHED) return "ended";
  if (code >= RUNNING) return "running";
  return code >= TASK_STATES.indexOf("SUBMITTED_TO_WORKER") ? "submitted" : "waiting";
}

/**
 * Whether a report of `next` replaces `current`. Within a running task the later report wins (it goes in and
 * out of `get`); a task that has ended stays as it ended first.
 */
export function supersedes(next: { code: number; atMs: number }, current: { code: number; atMs: number }): boolean {
  if (current.code >= FINISHED) return false;
  const bothRun = taskStage(next.code) === "running" && taskStage(current.code) === "running";
  return bothRun ? next.atMs >= current.atMs : next.code > current.code;
}
