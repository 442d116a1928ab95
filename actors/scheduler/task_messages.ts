import { ExecutorOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Kernel, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { ArgumentForm } from "../../runtime/tasks/mod.ts";
import type { QueuedBatch, QueuedTask } from "./class_queue.ts";
import type { GrantedLease } from "./granted_lease.ts";

/** `SchedulerOp.submit`; a worker that gives a task back says so. */
export type SubmitEnvelope = [
  to: number,
  op: number,
  owner: PlaceId,
  template: number,
  sequence: number,
  form: ArgumentForm,
  data: unknown,
  needs: readonly string[],
  flags: number,
  givenBack?: true,
];

/** Sends a task to the worker of a lease. */
export function sendTask(kernel: Kernel, { id, worker }: GrantedLease, task: QueuedTask): void {
  kernel.send(worker.place, [ActorNumber.executor, ExecutorOp.run, id, task.owner, task.template, task.sequence, task.form, task.data, task.flags]);
}

/** Shows a batch to the worker of a lease, which claims tasks from it. */
export function sendBatch(kernel: Kernel, { id, worker }: GrantedLease, { owner, template, batch }: QueuedBatch): void {
  const attachment = kernel.attach(worker.place, batch.buffer);
  kernel.send(worker.place, [ActorNumber.executor, ExecutorOp.batch, id, owner, template, attachment]);
}
