import { type FieldsOf, headline, MobulaError, quoted, setStack, where } from "./base.ts";

/**
 * A user's function or method threw. `cause` is what it threw, and the stack
 * is the one from where it was thrown.
 */
export class TaskError extends MobulaError {
  static override readonly code: string = "TASK_ERROR";
  declare readonly functionName?: string;
  declare readonly taskId?: string;
  declare readonly actorId?: string;
  declare readonly nodeId?: string;
  declare readonly workerId?: string;

  constructor(fields: FieldsOf<TaskError> & { readonly cause: unknown }) {
    super(fields);
    const remote = frames(fields.cause);
    if (remote !== "") setStack(this, `${this.name}: ${this.message}\n${remote}`);
  }

  static override describe(fields: FieldsOf<TaskError>): string {
    const at = where({ task: fields.taskId, actor: fields.actorId, worker: fields.workerId, node: fields.nodeId });
    return `Task ${quoted(fields.functionName, "(anonymous)")} failed with ${headline(fields.cause)}${at}${unknownName(fields.cause)}`;
  }
}

/** What to do about a name that is nowhere: the commonest mistake in a function that runs elsewhere. */
function unknownName(cause: unknown): string {
  const name = cause instanceof ReferenceError ? /^(\S+) is not defined$/.exec(cause.message)?.[1] : undefined;
  if (name === undefined) return "";
  return `. Declare or import ${name} at the top level of the function's module, pass it as an argument, or name it in the option captures.`;
}

/**
 * Why a task was cancelled. `timeout` is the task's own `timeoutMs`; `parent`
 * is a recursive cancel of the task that submitted it.
 */
export type CancelReason = "cancelled" | "timeout" | "parent" | "owner-died" | "shutdown";

const CANCEL_REASONS: Record<CancelReason, string> = {
  cancelled: "cancel() was called on its ref.",
  timeout: "it ran longer than its timeoutMs. Raise timeoutMs, or make it watch getRuntimeContext().signal to stop early.",
  parent: "the task that submitted it was cancelled. Pass { recursive: false } to cancel() to spare children.",
  "owner-died": "the worker that submitted it died.",
  shutdown: "the node was shut down. Await the results before shutdown().",
};

/** The task was cancelled before it had a result. */
export class TaskCancelledError extends MobulaError {
  static override readonly code: string = "TASK_CANCELLED";
  declare readonly reason: CancelReason;
  declare readonly functionName?: string;
  declare readonly taskId?: string;
  declare readonly timeoutMs?: number;

  constructor(fields: FieldsOf<TaskCancelledError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<TaskCancelledError>): string {
    const limit = fields.timeoutMs === undefined ? "" : ` after ${fields.timeoutMs} ms`;
    const task = `Task ${quoted(fields.functionName, "(anonymous)")}${where({ task: fields.taskId })}`;
    return `${task} was cancelled${limit}: ${CANCEL_REASONS[fields.reason] ?? fields.reason}`;
  }
}

/** No node of the cluster can ever run the task as it is asked for. */
export class TaskUnschedulableError extends MobulaError {
  static override readonly code: string = "TASK_UNSCHEDULABLE";
  declare readonly reason: string;
  declare readonly functionName?: string;
  declare readonly taskId?: string;
  declare readonly resources?: Readonly<Record<string, number>>;

  constructor(fields: FieldsOf<TaskUnschedulableError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<TaskUnschedulableError>): string {
    return (
      `Task ${quoted(fields.functionName, "(anonymous)")}${where({ task: fields.taskId })} cannot be scheduled: ` +
      `${fields.reason}${demand(fields.resources)}. Ask for less, change its schedulingStrategy or labelSelector, ` +
      "or add a node that fits."
    );
  }
}

/** A worker could not come by a function's code. */
export class FunctionNotFoundError extends MobulaError {
  static override readonly code: string = "FUNCTION_NOT_FOUND";
  declare readonly functionName: string;
  /** The names the function uses but does not define. */
  declare readonly freeNames?: readonly string[];
  /** The module it was defined in, where that is known. */
  declare readonly moduleUrl?: string;

  constructor(fields: FieldsOf<FunctionNotFoundError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<FunctionNotFoundError>): string {
    const names = (fields.freeNames ?? []).map((name) => `"${name}"`).join(", ");
    const name = quoted(fields.functionName, "(anonymous)");
    const free =
      names === ""
        ? `Function ${name} could not be found in a worker`
        : `Function ${name} uses ${names} from outside its body, which a worker cannot see`;
    const module = fields.moduleUrl === undefined ? "" : ` (module ${fields.moduleUrl})`;
    return (
      `${free}${module}. Three ways to mend it: pass the values as arguments or with { captures: { … } }; ` +
      "define the function at the top level of a module, before init(), so that workers can import it; " +
      "or make it self-contained, with `await import(…)` inside its body."
    );
  }
}

/** ` (it needs {"CPU":4})`, or nothing when the demand is not known. */
export function demand(resources: Readonly<Record<string, number>> | undefined): string {
  return resources === undefined ? "" : ` (it needs ${JSON.stringify(resources)})`;
}

function frames(cause: unknown): string {
  const stack = cause instanceof Error ? cause.stack : undefined;
  if (typeof stack !== "string") return "";
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}
