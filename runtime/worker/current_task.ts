import type { TaskCall } from "./worker_lease.ts";

type Named = Pick<TaskCall, "owner" | "sequence">;

const NONE: Named = { owner: -1, sequence: -1 };
/** Of several at once it is not said which they are: all but one of them wait. */
const SEVERAL: Named = { owner: -2, sequence: -1 };

/** The turn of a worker in which nothing begins any more. */
const CONDEMNED = -1;
/** The worker takes some nanoseconds to write, unless its thread is put aside just then. */
const MOST_LOOKS = 10_000;

/**
 * Which task a worker runs, in memory that its node can read: a worker that does not yield cannot say.
 *
 * The first word counts the changes: odd while one is being made, so that what is read between two equal even counts is
 * whole (a sequence lock). The node condemns a worker by putting an end to the count, and that fails when the worker has
 * changed anything since it was read; as the worker's next change fails once it is condemned. So a worker is condemned
 * for the task that it runs at that moment, and begins no other.
 */
export class CurrentTask {
  readonly buffer: SharedArrayBuffer;
  readonly #count: Int32Array;
  /** Owner and number. */
  readonly #task: Float64Array;
  #running = 0;

  /** `buffer`: the one of a worker, to be read. */
  constructor(buffer: SharedArrayBuffer = CurrentTask.#empty()) {
    this.buffer = buffer;
    this.#count = new Int32Array(buffer, 0, 1);
    this.#task = new Float64Array(buffer, 8, 2);
  }

  /** From the worker: one more begins. False when it is condemned, and nothing may. */
  begins(task: Named): boolean {
    if (!this.#change(this.#running === 0 ? task : SEVERAL)) return false;
    this.#running++;
    return true;
  }

  /** From the worker: one has ended. */
  ended(): void {
    if (--this.#running === 0) this.#change(NONE);
  }

  /** From the node: false when the worker certainly does not run the task. Otherwise it begins nothing more, and may be ended. */
  condemn(owner: number, sequence: number): boolean {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const count = Atomics.load(this.#count, 0);
      if (count === CONDEMNED) return true;
      if (count % 2 !== 0) continue;
      const [runningOwner, runningSequence] = this.#task;
      const isOther = runningOwner !== SEVERAL.owner && (runningOwner !== owner || runningSequence !== sequence);
      if (isOther ? Atomics.load(this.#count, 0) === count : Atomics.compareExchange(this.#count, 0, count, CONDEMNED) === count) return !isOther;
    }
    return true;
  }

  #change({ owner, sequence }: Named): boolean {
    const count = this.#count[0] as number;
    if (count === CONDEMNED || Atomics.compareExchange(this.#count, 0, count, count + 1) !== count) return false;
    this.#task[0] = owner;
    this.#task[1] = sequence;
    Atomics.store(this.#count, 0, (count + 2) & 0x7fff_fffe);
    return true;
  }

  static #empty(): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(24);
    new Float64Array(buffer, 8, 1)[0] = NONE.owner;
    return buffer;
  }
}
