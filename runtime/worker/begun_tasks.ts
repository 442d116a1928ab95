import { CurrentTask } from "./current_task.ts";
import type { RunningCall } from "./running_call.ts";
import { keyOf, type TaskCall } from "./worker_lease.ts";

type Named = Pick<TaskCall, "owner" | "sequence">;

/** The tasks that have begun at a place, and have not ended. Of most nothing is kept: they end in the turn in which they begin. */
export class BegunTasks {
  readonly current: CurrentTask = new CurrentTask();
  /** Those whose function or arguments have yet to come. */
  readonly #starting: Map<string, TaskCall> = new Map();
  readonly #running: Map<string, { readonly call: RunningCall; readonly task: TaskCall }> = new Map();

  /** False when this worker is about to be ended, and nothing may begin. */
  begins(task: TaskCall): boolean {
    return this.current.begins(task);
  }

  starts(task: TaskCall): void {
    this.#starting.set(keyOf(task), task);
  }

  runs(task: TaskCall, call: RunningCall): void {
    this.#starting.delete(keyOf(task));
    this.#running.set(keyOf(task), { call, task });
  }

  ended(task: TaskCall): void {
    // What its own place runs inline has no lease, and is in nobody's way.
    if (task.lease.id !== 0) this.current.ended();
    if (this.#starting.size > 0) this.#starting.delete(keyOf(task));
    if (this.#running.size > 0) this.#running.delete(keyOf(task));
  }

  has(task: Named): boolean {
    return this.#starting.has(keyOf(task)) || this.#running.has(keyOf(task));
  }

  starting(task: Named): TaskCall | undefined {
    return this.#starting.get(keyOf(task));
  }

  call(task: Named): RunningCall | undefined {
    return this.#running.get(keyOf(task))?.call;
  }

  *[Symbol.iterator](): Generator<TaskCall> {
    yield* this.#starting.values();
    for (const { task } of this.#running.values()) yield task;
  }
}
