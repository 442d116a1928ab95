import { TASK_STATES, type TaskStage, type TaskState, taskStage } from "./task_state.ts";

/** One attempt of a task, as told by its events. Times are ms since the Unix epoch; absent ones were not told. */
export interface TaskInfo {
  readonly taskId: string;
  readonly attempt: number;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly state: TaskState;
  readonly jobId: string | undefined;
  readonly actorId: string | undefined;
  readonly parentTaskId: string | undefined;
  readonly nodeId: string | undefined;
  readonly workerId: string | undefined;
  readonly createdMs: number | undefined;
  readonly submittedMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
}

type Report = { readonly code: number; readonly atMs: number };
type Text = (string | undefined)[];

/** Slots made room for at first; doubled as they fill. */
const INITIAL = 1_024;

/**
 * Task attempts by column: a slot is an index into every array. A hundred thousand of them are the normal
 * case, and cost some 10 MB so; as objects, twice that, and work for the garbage collector.
 */
export class TaskColumns {
  readonly taskId: string[] = [];
  readonly name: Text = [];
  readonly type: Text = [];
  readonly jobId: Text = [];
  readonly actorId: Text = [];
  readonly parentTaskId: Text = [];
  readonly nodeId: Text = [];
  readonly workerId: Text = [];
  readonly errorType: Text = [];
  /** Few attempts fail: by slot, not a column. */
  readonly errorMessage: Map<number, string> = new Map();
  state: Uint8Array = new Uint8Array(INITIAL);
  attempt: Uint32Array = new Uint32Array(INITIAL);
  /** When `state` was reached. */
  stateMs: Float64Array = new Float64Array(INITIAL);
  // NaN: not told.
  #times: Record<TaskStage, Float64Array> = {
    waiting: new Float64Array(INITIAL),
    submitted: new Float64Array(INITIAL),
    running: new Float64Array(INITIAL),
    ended: new Float64Array(INITIAL),
  };
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.taskId.length;
  }

  /** A slot more; the caller opens it at once. */
  grow(): number {
    const slot = this.taskId.length;
    if (slot >= this.#capacity) throw new RangeError(`No more than ${this.#capacity} slots`);
    if (slot === this.state.length) this.#widen(slot * 2);
    this.taskId.push("");
    return slot;
  }

  /** Makes a slot a new attempt's, with nothing of the one before it. */
  open(slot: number, first: { readonly taskId: string; readonly attempt: number; readonly report: Report }): void {
    this.taskId[slot] = first.taskId;
    this.attempt[slot] = first.attempt;
    for (const column of [this.name, this.type, this.jobId, this.actorId, this.parentTaskId, this.nodeId, this.workerId, this.errorType]) {
      column[slot] = undefined;
    }
    this.errorMessage.delete(slot);
    for (const times of Object.values(this.#times)) times[slot] = NaN;
    this.state[slot] = first.report.code;
    this.stateMs[slot] = first.report.atMs;
  }

  /** Moves a slot on to a later state. */
  advance(slot: number, report: Report): void {
    this.state[slot] = report.code;
    this.stateMs[slot] = report.atMs;
    this.stamp(slot, taskStage(report.code), report.atMs);
  }

  /** Notes when a stage was reached: the first time told that is the earliest. */
  stamp(slot: number, stage: TaskStage, atMs: number): void {
    const times = this.#times[stage];
    if (!((times[slot] as number) <= atMs)) times[slot] = atMs;
  }

  ended(slot: number): boolean {
    return taskStage(this.state[slot] as number) === "ended";
  }

  info(slot: number): TaskInfo {
    const time = (stage: TaskStage) => {
      const value = this.#times[stage][slot] as number;
      return Number.isNaN(value) ? undefined : value;
    };
    return {
      taskId: this.taskId[slot] as string,
      attempt: this.attempt[slot] as number,
      name: this.name[slot],
      type: this.type[slot],
      state: TASK_STATES[this.state[slot] as number] as TaskState,
      jobId: this.jobId[slot],
      actorId: this.actorId[slot],
      parentTaskId: this.parentTaskId[slot],
      nodeId: this.nodeId[slot],
      workerId: this.workerId[slot],
      createdMs: time("waiting"),
      submittedMs: time("submitted"),
      startedMs: time("running"),
      endedMs: time("ended"),
      errorType: this.errorType[slot],
      errorMessage: this.errorMessage.get(slot),
    };
  }

  #widen(size: number): void {
    const wider = (from: Float64Array) => {
      const to = new Float64Array(size);
      to.set(from);
      return to;
    };
    const state = new Uint8Array(size);
    state.set(this.state);
    this.state = state;
    const attempt = new Uint32Array(size);
    attempt.set(this.attempt);
    this.attempt = attempt;
    this.stateMs = wider(this.stateMs);
    const { waiting, submitted, running, ended } = this.#times;
    this.#times = {
      waiting: wider(waiting),
      submitted: wider(submitted),
      running: wider(running),
      ended: wider(ended),
    };
  }
}
