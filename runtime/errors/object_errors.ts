import { bytes, type FieldsOf, MobulaError, quoted, where } from "./base.ts";
import { describeLogs } from "./death.ts";

/** Every copy of a value is gone, and it could not be made again. */
export class ObjectLostError extends MobulaError {
  static override readonly code: string = "OBJECT_LOST";
  declare readonly objectId: string;
  declare readonly functionName?: string;
  declare readonly taskId?: string;
  declare readonly nodeId?: string;
  declare readonly reason?: string;

  constructor(fields: FieldsOf<ObjectLostError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ObjectLostError>): string {
    return (
      `${subject(fields)} is lost: ${fields.reason ?? "every copy of it is gone"}. ` +
      "A value of put() cannot be made again: put it once more, or return it from a task with maxRetries."
    );
  }
}

/** A lost value could not be recomputed from the tasks that led to it. */
export class ObjectReconstructionFailedError extends ObjectLostError {
  static override readonly code: string = "OBJECT_RECONSTRUCTION_FAILED";

  static override describe(fields: FieldsOf<ObjectLostError>): string {
    return (
      `${subject(fields)} is lost and could not be recomputed: ${fields.reason ?? "its lineage is gone"}. ` +
      "Raise maxRetries (for an actor's results maxTaskRetries), or run the task again."
    );
  }
}

/** The worker that created the ref died, and with it what was known about the value. */
export class OwnerDiedError extends ObjectLostError {
  static override readonly code: string = "OWNER_DIED";
  /** The last lines that the owner wrote, oldest first. */
  declare readonly lastLogs?: readonly string[];

  constructor(fields: FieldsOf<OwnerDiedError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<OwnerDiedError>): string {
    const why = fields.reason === undefined ? "" : ` ${sentence(fields.reason)}`;
    return (
      `${subject(fields)} is lost, because its owner died.${why} ` +
      "Create the ref in a place that outlives its readers, such as the driver or a detached actor." +
      describeLogs(fields)
    );
  }
}

/** The value was dropped with `free`. */
export class ObjectFreedError extends ObjectLostError {
  static override readonly code: string = "OBJECT_FREED";

  static override describe(fields: FieldsOf<ObjectLostError>): string {
    return `${subject(fields)} was freed with free(). Free a ref only after its last reader is done.`;
  }
}

/** The value exists but could not be brought here in time. */
export class ObjectFetchTimedOutError extends ObjectLostError {
  static override readonly code: string = "OBJECT_FETCH_TIMED_OUT";
  declare readonly timeoutMs?: number;

  constructor(fields: FieldsOf<ObjectFetchTimedOutError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ObjectFetchTimedOutError>): string {
    const limit = fields.timeoutMs === undefined ? "in time" : `within ${fields.timeoutMs} ms`;
    const why = fields.reason === undefined ? "" : ` (${fields.reason})`;
    return `${subject(fields)} could not be fetched ${limit}${why}. Check that the node which holds it is up and reachable, then call get again.`;
  }
}

/** The store has no room for a value, even after evicting and spilling. */
export class ObjectStoreFullError extends MobulaError {
  static override readonly code: string = "OBJECT_STORE_FULL";
  declare readonly requestedBytes?: number;
  declare readonly usedBytes?: number;
  declare readonly capacityBytes?: number;
  /** Who keeps it full. */
  declare readonly reason?: string;
  declare readonly nodeId?: string;

  constructor(fields: FieldsOf<ObjectStoreFullError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ObjectStoreFullError>): string {
    const wanted = fields.requestedBytes === undefined ? "a value" : `${bytes(fields.requestedBytes)}`;
    const used = fields.usedBytes === undefined ? "" : `, of which ${bytes(fields.usedBytes)} are in use`;
    const room = fields.capacityBytes === undefined ? "" : ` It holds ${bytes(fields.capacityBytes)}${used}.`;
    const why = fields.reason === undefined ? "" : ` ${sentence(fields.reason)}`;
    return (
      `The object store has no room for ${wanted}${where({ node: fields.nodeId })}.${room}${why} ` +
      "Drop refs that are done with, raise objectStoreMemory, or set spillDirectory to a larger disk."
    );
  }
}

/** The store is full and so is the disk it spills to. */
export class OutOfDiskError extends MobulaError {
  static override readonly code: string = "OUT_OF_DISK";
  declare readonly path?: string;
  declare readonly requestedBytes?: number;
  /** What the disk said. */
  declare readonly reason?: string;
  declare readonly nodeId?: string;

  constructor(fields: FieldsOf<OutOfDiskError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<OutOfDiskError>): string {
    const wanted = fields.requestedBytes === undefined ? "" : ` ${bytes(fields.requestedBytes)}`;
    const why = fields.reason === undefined ? "" : ` ${sentence(fields.reason)}`;
    return (
      `There is no disk space to spill${wanted} to ${quoted(fields.path, "the spill directory")}` +
      `${where({ node: fields.nodeId })}.${why} Free space there, or set spillDirectory to a larger disk.`
    );
  }
}

/** `get` gave up waiting; the task goes on. */
export class GetTimeoutError extends MobulaError {
  static override readonly code: string = "GET_TIMEOUT";
  declare readonly timeoutMs: number;
  /** The refs that were not ready, the first few of them. */
  declare readonly objectIds?: readonly string[];
  /** How many were not ready, and how many were asked for. */
  declare readonly pending?: number;
  declare readonly total?: number;

  constructor(fields: FieldsOf<GetTimeoutError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<GetTimeoutError>): string {
    const ids = fields.objectIds ?? [];
    const pending = fields.pending ?? ids.length;
    const total = fields.total ?? pending;
    const what = total > 1 ? `${pending} of ${total} refs were` : `${`Ref ${ids[0] ?? ""}`.trim()} was`;
    const which = total > 1 && ids.length > 0 ? ` (${ids.join(", ")}${pending > ids.length ? ", …" : ""})` : "";
    return `${what} not ready after ${fields.timeoutMs} ms${which}. The work goes on: raise timeoutMs and get again, or cancel() it.`;
  }
}

/** A reason from below, as a sentence of its own. */
function sentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function subject(fields: { objectId: string; functionName?: string; taskId?: string; nodeId?: string }): string {
  const maker = fields.functionName === undefined ? "" : `, made by "${fields.functionName}"`;
  return `Object ${fields.objectId}${maker}${where({ task: fields.taskId, node: fields.nodeId })}`;
}
