import { type PlaceId, taskId, workerId } from "../../runtime/kernel/mod.ts";
import type { TaskEvent } from "../gcs/mod.ts";

/** Numbers of a row: owner, sequence, template, place, begin and end in milliseconds. */
const WIDTH = 6;

/** What ran when, as workers tell it in rows of numbers, as events of the task table. */
export function readEventRows(rows: Uint8Array, options: { nodeId: string; nameOf(owner: PlaceId, template: number): string }): TaskEvent[] {
  const numbers = new Float64Array(rows.slice().buffer);
  const events: TaskEvent[] = [];
  for (let at = 0; at + WIDTH <= numbers.length; at += WIDTH) {
    const [owner = 0, sequence = 0, template = 0, place = 0, began = 0, ended = 0] = numbers.subarray(at, at + WIDTH);
    const id = taskId(owner, sequence);
    const facts = { name: options.nameOf(owner, template), nodeId: options.nodeId, workerId: workerId(place) };
    events.push([id, 0, "RUNNING", began, facts], [id, 0, "FINISHED", ended]);
  }
  return events;
}
