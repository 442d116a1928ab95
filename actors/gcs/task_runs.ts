import { type PlaceId, workerId } from "../../runtime/kernel/mod.ts";

/** Numbers of a row: owner, sequence, name, place, begin and end in milliseconds. */
export const RUN_WIDTH = 6;

/** Tasks that ran to their end on one node, many at once. */
export interface TaskRuns {
  readonly nodeId: string;
  readonly names: readonly string[];
  /** `RUN_WIDTH` numbers of 64 bits a row; a row's name is an index into `names`. */
  readonly rows: Uint8Array;
}

/** One of those. The object is the same for each, with other values. */
export interface TaskRun {
  owner: number;
  sequence: number;
  readonly attempt: 0;
  name: string;
  workerId: string;
  beganMs: number;
  endedMs: number;
}

/** Reads the rows. @throws RangeError for rows that can't be. */
export function* readRuns({ names, rows }: TaskRuns): Generator<TaskRun> {
  if (rows.byteLength % (RUN_WIDTH * 8) !== 0) throw new RangeError(`rows: ${rows.byteLength} bytes are not a number of rows`);
  const numbers = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const run: TaskRun = { owner: 0, sequence: 0, attempt: 0, name: "", workerId: "", beganMs: 0, endedMs: 0 };
  let last: PlaceId | undefined;
  for (let at = 0; at < rows.byteLength; at += RUN_WIDTH * 8) {
    run.owner = numbers.getFloat64(at, true);
    run.sequence = numbers.getFloat64(at + 8, true);
    const name = names[numbers.getFloat64(at + 16, true)];
    const place = numbers.getFloat64(at + 24, true);
    run.beganMs = numbers.getFloat64(at + 32, true);
    run.endedMs = numbers.getFloat64(at + 40, true);
    if (typeof name !== "string") throw new RangeError("rows: one names no function");
    if (!isCount(run.owner) || !isCount(run.sequence) || !isCount(place)) throw new RangeError("rows: one names no task of a worker");
    if (!Number.isFinite(run.beganMs) || !Number.isFinite(run.endedMs)) throw new RangeError("rows: one has no times");
    run.name = name;
    // Most rows of a batch are of one worker.
    if (place !== last) run.workerId = workerId((last = place));
    yield run;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
