/** The caller's side of a place: refs and what they stand for, submission, results. */
export { ActorRecord } from "./actor_record.ts";
export { encodeArguments } from "./argument_encoder.ts";
export type { CallOptions } from "./call_owner.ts";
export { Caller, type CallerOptions } from "./caller.ts";
export { Entry } from "./entry.ts";
export { currentEra, nextEra } from "./era.ts";
export { ItemStream } from "./item_stream.ts";
export { type BufferSource, SHARING_THRESHOLD } from "./object_client.ts";
export { ObjectRef } from "./object_ref.ts";
export { fetchOutcome, isElsewhere, isReady, type Outcome, outcomeNow } from "./outcome.ts";
export type { Submitted } from "./outcomes.ts";
export type { PendingTask } from "./pending_task.ts";
