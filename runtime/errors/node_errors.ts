import { bytes, type FieldsOf, MobulaError, quoted } from "./base.ts";
import { type Death, describeDeath, describeLogs, settleDeath } from "./death.ts";

/** The worker that ran a task died under it, and the task's retries are used up. */
export class WorkerCrashedError extends MobulaError {
  static override readonly code: string = "WORKER_CRASHED";
  declare readonly death: Death;
  declare readonly functionName?: string;
  declare readonly taskId?: string;

  constructor(fields: FieldsOf<WorkerCrashedError>) {
    super(settleDeath(fields));
  }

  static override describe(fields: FieldsOf<WorkerCrashedError>): string {
    const death = withCause(fields);
    return (
      describeDeath(worker(death), death) +
      task(fields) +
      ' Set maxRetries to run it again, or isolation: "process" to keep a crash away from its neighbours.' +
      describeLogs(death)
    );
  }
}

/** A node is gone, and with it the workers and the objects it held. */
export class NodeDiedError extends MobulaError {
  static override readonly code: string = "NODE_DIED";
  declare readonly death: Death;
  declare readonly functionName?: string;
  declare readonly taskId?: string;

  constructor(fields: FieldsOf<NodeDiedError>) {
    super(settleDeath(fields));
  }

  static override describe(fields: FieldsOf<NodeDiedError>): string {
    const death = withCause(fields);
    const node = `Node ${death.nodeId ?? "(unknown)"}`;
    return (
      describeDeath(node, death) +
      task(fields) +
      " Set maxRetries so that tasks move to other nodes, and see `mobula status` for those that are left." +
      describeLogs(death)
    );
  }
}

/** A worker was ended, by the memory monitor or the system, because memory ran out, and the task's retries are used up. */
export class OutOfMemoryError extends MobulaError {
  static override readonly code: string = "OUT_OF_MEMORY";
  declare readonly death: Death;
  declare readonly functionName?: string;
  declare readonly taskId?: string;
  declare readonly usedBytes?: number;
  declare readonly limitBytes?: number;

  constructor(fields: FieldsOf<OutOfMemoryError>) {
    const { usedBytes, limitBytes } = fields.death;
    super(settleDeath({ ...(usedBytes !== undefined && { usedBytes }), ...(limitBytes !== undefined && { limitBytes }), ...fields }));
  }

  static override describe(fields: FieldsOf<OutOfMemoryError>): string {
    const death = withCause(fields);
    const usage =
      // The monitor's sentence has it.
      fields.usedBytes === undefined || fields.limitBytes === undefined || death.detail !== undefined
        ? ""
        : ` ${bytes(fields.usedBytes)} of ${bytes(fields.limitBytes)} were in use.`;
    return (
      describeDeath(worker(death), death) +
      usage +
      task(fields) +
      " State its need with the memory option, run fewer at once with numCpus, or use smaller values." +
      describeLogs(death)
    );
  }
}

function worker(death: Death): string {
  return `Worker ${death.workerId ?? "(unknown)"}`;
}

function task(fields: { readonly functionName?: string; readonly taskId?: string }): string {
  if (fields.functionName === undefined && fields.taskId === undefined) return "";
  const id = fields.taskId === undefined ? "" : ` (${fields.taskId})`;
  return ` It was running task ${quoted(fields.functionName, "(anonymous)")}${id}.`;
}

function withCause(fields: { readonly death: Death; readonly cause?: unknown }): Death {
  const error = fields.death.error ?? fields.cause;
  return error === undefined ? fields.death : { ...fields.death, error };
}
