import { RUN_WIDTH, RunOutcome } from "../../runtime/contracts/mod.ts";
import { type PlaceId, workerId } from "../../runtime/kernel/mod.ts";

/** Runs of tasks that have ended on one node, many at once. */
export interface TaskRuns {
  readonly nodeId: string;
  readonly names: readonly string[];
  /** `RUN_WIDTH` numbers a row; a row's name is an index into `names`. */
  readonly rows: Uint8Array;
}

/** One of those. The object is the same for each, with other values. */
export interface TaskRun {
  owner: number;
  sequence: number;
  attempt: number;
  name: string;
  workerId: string;
  beganMs: number;
  endedMs: number;
  outcome: RunOutcome;
}

const OUTCOMES: ReadonlySet<number> = new Set(Object.values(RunOutcome));

/** Reads the rows. @throws RangeError for rows that can't be. */
export function* readRuns({ names, rows }: TaskRuns): Generator<TaskRun> {
  if (rows.byteLength % (RUN_WIDTH * 8) !== 0) throw new RangeError(`rows: ${rows.byteLength} bytes are not a number of rows`);
  const numbers = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const run: TaskRun = { owner: 0, sequence: 0, attempt: 0, name: "", workerId: "", beganMs: 0, endedMs: 0, outcome: 0 };
  let last: PlaceId | undefined;
  for (let at = 0; at < rows.byteLength; at += RUN_WIDTH * 8) {
    run.owner = numbers.getFloat64(at, true);
    run.sequence = numbers.getFloat64(at + 8, true);
    run.attempt = numbers.getFloat64(at + 16, true);
    const name = names[numbers.getFloat64(at + 24, true)];
    const place = numbers.getFloat64(at + 32, true);
    run.beganMs = numbers.getFloat64(at + 40, true);
    run.endedMs = numbers.getFloat64(at + 48, true);
    run.outcome = numbers.getFloat64(at + 56, true) as RunOutcome;
    if (typeof name !== "string") throw new RangeError("rows: one names no function");
    if (!isCount(run.owner) || !isCount(run.sequence) || !isCount(run.attempt) || !isCount(place))
      throw new RangeError("rows: one names no task of a worker");
    if (!Number.isFinite(run.beganMs) || !Number.isFinite(run.endedMs)) throw new RangeError("rows: one has no times");
    if (!OUTCOMES.has(run.outcome)) throw new RangeError("rows: one has no outcome");
    run.name = name;
    // Most rows of a batch are of one worker.
    if (place !== last) run.workerId = workerId((last = place));
    yield run;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
