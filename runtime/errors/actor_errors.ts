import { type FieldsOf, MobulaError, where } from "./base.ts";
import { type Death, describeDeath, describeLogs, settleDeath } from "./death.ts";
import { demand } from "./task_errors.ts";

/** The actor is dead for good: its calls fail, and it will not be restarted. */
export class ActorDiedError extends MobulaError {
  static override readonly code: string = "ACTOR_DIED";
  declare readonly death: Death;
  declare readonly actorId?: string;
  declare readonly actorName?: string;
  declare readonly className?: string;
  declare readonly methodName?: string;
  /** How often it had been restarted, and how often it may be. */
  declare readonly restarts?: number;
  declare readonly maxRestarts?: number;

  constructor(fields: FieldsOf<ActorDiedError>) {
    super(settleDeath(fields));
  }

  static override describe(fields: FieldsOf<ActorDiedError>): string {
    const death = withError(fields.death, fields.cause);
    return describeDeath(subject(fields), death) + next(fields) + describeLogs(death);
  }
}

/** The actor cannot be reached just now; the call may or may not have run. */
export class ActorUnavailableError extends MobulaError {
  static override readonly code: string = "ACTOR_UNAVAILABLE";
  declare readonly reason: string;
  /** How the incarnation ended that was called. */
  declare readonly death?: Death;
  declare readonly actorId?: string;
  declare readonly actorName?: string;
  declare readonly className?: string;
  declare readonly methodName?: string;
  declare readonly nodeId?: string;

  constructor(fields: FieldsOf<ActorUnavailableError>) {
    super(fields.death === undefined ? fields : settleDeath({ ...fields, death: fields.death }));
  }

  static override describe(fields: FieldsOf<ActorUnavailableError>): string {
    const death = fields.death && withError(fields.death, fields.cause);
    const died = death === undefined ? "" : `${describeDeath("It", death)} `;
    return (
      `${subject(fields)} cannot be reached${where({ node: fields.nodeId })}: ${fields.reason}. ${died}` +
      `The call may or may not have run. Call again, or set maxTaskRetries if the method may run twice.${describeLogs(death ?? {})}`
    );
  }
}

/** No actor lives under the name, or the handle is of one this cluster does not know. */
export class ActorNotFoundError extends MobulaError {
  static override readonly code: string = "ACTOR_NOT_FOUND";
  declare readonly actorName?: string;
  declare readonly namespace?: string;
  declare readonly actorId?: string;

  constructor(fields: FieldsOf<ActorNotFoundError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ActorNotFoundError>): string {
    if (fields.actorName === undefined) {
      return `There is no actor ${fields.actorId ?? ""} in this cluster. It may belong to an earlier session; make a new one.`;
    }
    const space = fields.namespace === undefined ? "this namespace" : `namespace "${fields.namespace}"`;
    return (
      `There is no actor named "${fields.actorName}" in ${space}. Check the name with ` +
      "listNamedActors({ allNamespaces: true }), pass { namespace }, or create it with { name, getIfExists: true }."
    );
  }
}

/** The name is in use by a living actor of the namespace. */
export class ActorNameTakenError extends MobulaError {
  static override readonly code: string = "ACTOR_NAME_TAKEN";
  declare readonly actorName: string;
  declare readonly namespace?: string;

  constructor(fields: FieldsOf<ActorNameTakenError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ActorNameTakenError>): string {
    const space = fields.namespace === undefined ? "" : ` in namespace "${fields.namespace}"`;
    return (
      `The name "${fields.actorName}" is taken by a living actor${space}. ` +
      "Pass { getIfExists: true } to share it, choose another name, or kill() the actor first."
    );
  }
}

/** No node of the cluster can ever host the actor as it is asked for. */
export class ActorUnschedulableError extends MobulaError {
  static override readonly code: string = "ACTOR_UNSCHEDULABLE";
  declare readonly reason: string;
  declare readonly actorId?: string;
  declare readonly actorName?: string;
  declare readonly className?: string;
  declare readonly resources?: Readonly<Record<string, number>>;

  constructor(fields: FieldsOf<ActorUnschedulableError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ActorUnschedulableError>): string {
    return (
      `${subject(fields)} cannot be placed: ${fields.reason}${demand(fields.resources)}. ` +
      "Ask for less, change its schedulingStrategy or labelSelector, or add a node that fits."
    );
  }
}

/** The caller has `maxPendingCalls` calls in flight to the actor; this one was not sent. */
export class PendingCallsLimitExceededError extends MobulaError {
  static override readonly code: string = "PENDING_CALLS_LIMIT_EXCEEDED";
  declare readonly maxPendingCalls: number;
  declare readonly actorId?: string;
  declare readonly actorName?: string;
  declare readonly className?: string;
  declare readonly methodName?: string;

  constructor(fields: FieldsOf<PendingCallsLimitExceededError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<PendingCallsLimitExceededError>): string {
    return (
      `${subject(fields)} already has ${fields.maxPendingCalls} calls pending from this caller, and the call was not sent. ` +
      "Await earlier results before calling again, or raise maxPendingCalls."
    );
  }
}

/** A death with the error that became the `cause` of the error about it. */
function withError(death: Death, cause: unknown): Death {
  const error = death.error ?? cause;
  return error === undefined ? death : { ...death, error };
}

interface Subject {
  readonly actorId?: string;
  readonly actorName?: string;
  readonly className?: string;
  readonly methodName?: string;
}

function subject(actor: Subject): string {
  const called = actor.actorName !== undefined ? ` "${actor.actorName}"` : "";
  const kind = actor.className !== undefined ? `Actor ${actor.className}` : "Actor";
  return `${kind}${called}${where({ id: actor.actorId, "called for": actor.methodName })}`;
}

function next(fields: FieldsOf<ActorDiedError>): string {
  switch (fields.death.cause) {
    case "constructor":
      return " Mend the constructor; an actor whose constructor throws is not restarted.";
    case "start-failed":
      return " Mend that and create a new actor.";
    case "killed":
    case "exit":
    case "out-of-scope":
      return " Create a new actor to go on.";
    default:
      break;
  }
  if (fields.maxRestarts !== undefined && fields.maxRestarts > 0 && fields.restarts === fields.maxRestarts) {
    return ` It had used up its ${fields.maxRestarts} restarts; raise maxRestarts if it should outlive more.`;
  }
  return " Set maxRestarts to have it restarted, and maxTaskRetries to have its calls repeated.";
}
