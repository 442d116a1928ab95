import type { PlaceId } from "../kernel/mod.ts";
import type { ActorCall } from "./actor_record.ts";
import type { CallOwner } from "./call_owner.ts";
import type { Run } from "./derivation.ts";
import type { TaskOwner } from "./task_owner.ts";

/** How far the first result of a task or call may be from its last. */
const MAX_RETURNS = 10_000;

/** What makes the object of this number and has not ended: results are numbered in a row, from the task's or call's own number on. */
export function makerOf(made: number, { tasks, calls }: { tasks: TaskOwner; calls: CallOwner }): Run | undefined {
  for (let sequence = made; sequence > Math.max(0, made - MAX_RETURNS); sequence--) {
    const task = tasks.get(sequence);
    const call = task === undefined ? calls.get(sequence) : undefined;
    const count = task?.template.options.numReturns ?? call?.form.numReturns;
    if (count === undefined) continue;
    return made < sequence + (count === "streaming" ? 1 : Math.max(1, count)) ? (task ?? call) : undefined;
  }
  return undefined;
}

/** Lets a generator go on that makes its items again, at `producer`: all of them count as taken. */
export function consumeAll(run: Run, producer: PlaceId, { tasks, calls }: { tasks: TaskOwner; calls: CallOwner }): void {
  const task = tasks.get(run.sequence);
  if (task !== undefined) tasks.consume(task, producer);
  else calls.consume(run as ActorCall);
}
