import { TaskUnschedulableError } from "../../runtime/errors/mod.ts";
import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { encodeWhole, faultPayload, type PayloadWire, payloadToWire } from "../../runtime/values/mod.ts";
import type { WaitingTask } from "./class_queue.ts";

export interface RefusalOptions {
  /** Why nobody can run them. */
  readonly error: unknown;
  /** The name of a template's function. */
  nameOf(owner: PlaceId, template: number): string;
}

/** What to tell the owner of each task that is refused: the error, in the name of the task's own function. */
export function* refusals(
  tasks: Iterable<WaitingTask>,
  { error, nameOf }: RefusalOptions,
): Generator<{ readonly owner: PlaceId; readonly sequence: number; readonly wire: PayloadWire }> {
  const wires = new Map<string, PayloadWire>();
  for (const { owner, template, sequence } of tasks) {
    const name = nameOf(owner, template);
    let wire = wires.get(name);
    if (wire === undefined) {
      wire = payloadToWire(faultPayload(encodeWhole(named(error, name))));
      wires.set(name, wire);
    }
    yield { owner, sequence, wire };
  }
}

/** Functions that ask for the same share a class, and were asked about in the name of one of them. */
function named(error: unknown, functionName: string): unknown {
  if (!(error instanceof TaskUnschedulableError) || error.functionName === functionName) return error;
  const { reason, resources } = error;
  return new TaskUnschedulableError({ reason, functionName, ...(resources === undefined ? {} : { resources }) });
}
