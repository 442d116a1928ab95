import { RunOutcome } from "../../runtime/contracts/mod.ts";
import { ownerOf, sequenceOf, taskId } from "../../runtime/kernel/mod.ts";
import { boundText } from "./limits.ts";
import type { TableContext } from "./table_context.ts";
import { TaskColumns, type TaskInfo, type TaskKey } from "./task_columns.ts";
import { TaskIndex } from "./task_index.ts";
import { readRuns, type TaskRuns } from "./task_runs.ts";
import { supersedes, type TaskState, taskStage, taskStateCode } from "./task_state.ts";

/** What is known of a task beside its states; each report may add to it. */
export interface TaskFacts {
  readonly name?: string;
  /** "NORMAL_TASK", "ACTOR_CREATION_TASK" or "ACTOR_TASK". */
  readonly type?: string;
  readonly jobId?: string;
  readonly parentTaskId?: string;
  readonly actorId?: string;
  readonly nodeId?: string;
  readonly workerId?: string;
  readonly errorType?: string;
  readonly errorMessage?: string;
}

/** One report: attempt `attempt` (0 first) of a task reached `state` at `atMs`. A tuple, for they come in thousands. */
export type TaskEvent = readonly [taskId: string, attempt: number, state: TaskState, atMs: number, facts?: TaskFacts];

/** What never told its end, and why it will not. */
export interface TaskLoss {
  readonly workerId?: string;
  readonly nodeId?: string;
  readonly jobId?: string;
  readonly errorType: string;
}

const RUNNING = taskStateCode("RUNNING");
const FINISHED = taskStateCode("FINISHED");
const FAILED = taskStateCode("FAILED");
const ERROR_TYPES: Readonly<Record<RunOutcome, string | undefined>> = {
  [RunOutcome.finished]: undefined,
  [RunOutcome.failed]: "TASK_ERROR",
  [RunOutcome.cancelled]: "TASK_CANCELLED",
};

/** How many slots the hand passes over, at most, to find a task that has ended. */
const PATIENCE = 64;

/**
 * The last `taskEvents` task attempts, in memory only. When it is full a new attempt takes the slot of an old
 * one that has ended, so that what runs or waits stays visible; only when many in a row have not ended is
 * one of those forgotten. `dropped` says how many were.
 */
export class TaskEvents {
  readonly #context: TableContext;
  readonly #capacity: number;
  readonly #columns: TaskColumns;
  readonly #slots: TaskIndex;
  #hand = 0;
  #dropped = 0;

  constructor(context: TableContext) {
    this.#context = context;
    this.#capacity = context.limits.taskEvents;
    this.#columns = new TaskColumns(this.#capacity);
    this.#slots = new TaskIndex(this.#columns);
  }

  get size(): number {
    return this.#columns.length;
  }

  /** Attempts forgotten here, and those that reporters told they could not send. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a batch. @throws RangeError for an event that can't be; those before it in the batch are taken. */
  record(batch: readonly TaskEvent[]): void {
    for (const event of batch) this.#take(event);
  }

  /** Takes runs that have ended. @throws RangeError for a row that can't be; those before it are taken. */
  recordRuns(runs: TaskRuns): void {
    const columns = this.#columns;
    const { interner, limits } = this.#context;
    const nodeId = interner.string(runs.nodeId);
    for (const run of readRuns(runs)) {
      const slot = this.#slotOf(run);
      this.#report(slot, RUNNING, run.beganMs);
      const errorType = ERROR_TYPES[run.outcome];
      this.#report(slot, errorType === undefined ? FINISHED : FAILED, run.endedMs);
      if (columns.state[slot] === FAILED) columns.errorType[slot] ??= errorType;
      columns.name[slot] = interner.string(boundText(limits, run.name));
      columns.nodeId[slot] = nodeId;
      columns.workerId[slot] = interner.string(run.workerId);
    }
  }

  /** Attempts whose events a reporter lost. */
  lose(count: number): void {
    this.#dropped += count;
  }

  /** A task's attempts, first to last. */
  attempts(taskId: string): TaskInfo[] {
    const key = keyOf(taskId);
    const columns = this.#columns;
    const found: TaskInfo[] = [];
    for (let slot = 0; slot < columns.length; slot++) {
      if (columns.sequence[slot] === key?.sequence && columns.owner[slot] === key?.owner) found.push(columns.info(slot));
    }
    return found.sort((a, b) => a.attempt - b.attempt);
  }

  /** Every attempt, in no order that means anything. */
  *rows(): Generator<TaskInfo> {
    for (let slot = 0; slot < this.#columns.length; slot++) yield this.#columns.info(slot);
  }

  /** Marks FAILED what had not ended on a worker or node that is gone, or in a job that has; gives how many. */
  lost(loss: TaskLoss): number {
    const columns = this.#columns;
    const now = this.#context.clock.now();
    let count = 0;
    for (let slot = 0; slot < columns.length; slot++) {
      const hit =
        (loss.workerId !== undefined && columns.workerId[slot] === loss.workerId) ||
        (loss.nodeId !== undefined && columns.nodeId[slot] === loss.nodeId) ||
        (loss.jobId !== undefined && columns.jobId[slot] === loss.jobId);
      if (!hit || columns.ended(slot)) continue;
      columns.advance(slot, { code: taskStateCode("FAILED"), atMs: now });
      columns.errorType[slot] = this.#context.interner.string(loss.errorType);
      count++;
    }
    return count;
  }

  #take([taskId, attempt, state, atMs, facts]: TaskEvent): void {
    const code = taskStateCode(state);
    const key = keyOf(taskId);
    if (key === undefined) throw new RangeError(`${JSON.stringify(taskId)} is no task's id`);
    const slot = this.#slotOf({ ...key, attempt });
    this.#report(slot, code, atMs);
    if (facts) this.#learn(slot, facts);
  }

  /** That of an attempt; a new one if it has none. */
  #slotOf(key: TaskKey): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#free();
    this.#columns.open(slot, key);
    this.#slots.add(slot);
    return slot;
  }

  #report(slot: number, code: number, atMs: number): void {
    const columns = this.#columns;
    if (supersedes({ code, atMs }, { code: columns.state[slot] as number, atMs: columns.stateMs[slot] as number })) {
      columns.advance(slot, { code, atMs });
    }
    columns.stamp(slot, taskStage(code), atMs);
  }

  #learn(slot: number, facts: TaskFacts): void {
    const columns = this.#columns;
    const { interner, limits } = this.#context;
    if (facts.name !== undefined) columns.name[slot] = interner.string(boundText(limits, facts.name));
    if (facts.type !== undefined) columns.type[slot] = interner.string(facts.type);
    if (facts.jobId !== undefined) columns.jobId[slot] = interner.string(facts.jobId);
    if (facts.parentTaskId !== undefined) columns.parentTaskId[slot] = interner.string(facts.parentTaskId);
    if (facts.actorId !== undefined) columns.actorId[slot] = interner.string(facts.actorId);
    if (facts.nodeId !== undefined) columns.nodeId[slot] = interner.string(facts.nodeId);
    if (facts.workerId !== undefined) columns.workerId[slot] = interner.string(facts.workerId);
    if (facts.errorType !== undefined) columns.errorType[slot] = interner.string(facts.errorType);
    if (facts.errorMessage !== undefined) columns.errorMessage.set(slot, boundText(limits, facts.errorMessage));
  }

  /** A slot to write a new attempt to. */
  #free(): number {
    const columns = this.#columns;
    if (columns.length < this.#capacity) return columns.grow();
    for (let passed = 0; passed < PATIENCE && !columns.ended(this.#hand); passed++) this.#advanceHand();
    const slot = this.#hand;
    this.#advanceHand();
    this.#slots.remove(slot);
    this.#dropped++;
    return slot;
  }

  #advanceHand(): void {
    this.#hand = (this.#hand + 1) % this.#capacity;
  }
}

/** What an id is made of; undefined for what is none. */
function keyOf(id: string): { readonly owner: number; readonly sequence: number } | undefined {
  const [owner, sequence] = [ownerOf(id), sequenceOf(id)];
  return taskId(owner, sequence) === id ? { owner, sequence } : undefined;
}
