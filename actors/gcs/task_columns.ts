import { taskId } from "../../runtime/kernel/mod.ts";
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

/** Names one attempt of one task; `owner` and `sequence` are what its id is made of. */
export interface TaskKey {
  readonly owner: number;
  readonly sequence: number;
  readonly attempt: number;
}

type Report = { readonly code: number; readonly atMs: number };
type Text = (string | undefined)[];

/** Slots made room for at first; doubled as they fill. */
const INITIAL = 1_024;

/**
 * Task attempts by column: a slot is an index into every array. A hundred thousand of them are the normal
 * case, and thousands come each second: they cost some 14 MB so, and leave no garbage behind.
 */
export class TaskColumns {
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
  owner: Float64Array = new Float64Array(INITIAL);
  sequence: Float64Array = new Float64Array(INITIAL);
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
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  /** A slot more; the caller opens it at once. */
  grow(): number {
    const slot = this.#length;
    if (slot >= this.#capacity) throw new RangeError(`No more than ${this.#capacity} slots`);
    if (slot === this.state.length) this.#widen(Math.min(slot * 2, this.#capacity));
    this.#length++;
    return slot;
  }

  /** Makes a slot a new attempt's, which is in the first of states, with nothing of the one before it. */
  open(slot: number, { owner, sequence, attempt }: TaskKey): void {
    this.owner[slot] = owner;
    this.sequence[slot] = sequence;
    this.attempt[slot] = attempt;
    this.name[slot] = this.type[slot] = this.jobId[slot] = this.actorId[slot] = undefined;
    this.parentTaskId[slot] = this.nodeId[slot] = this.workerId[slot] = this.errorType[slot] = undefined;
    this.errorMessage.delete(slot);
    this.state[slot] = this.stateMs[slot] = 0;
    const { waiting, submitted, running, ended } = this.#times;
    waiting[slot] = submitted[slot] = running[slot] = ended[slot] = NaN;
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
      taskId: taskId(this.owner[slot] as number, this.sequence[slot] as number),
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
    this.owner = wider(this.owner);
    this.sequence = wider(this.sequence);
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
