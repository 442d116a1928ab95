import type { ObjectId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import type { Arguments, TaskTemplate } from "../tasks/mod.ts";
import { ArgumentForm, type ArgumentWire, BY_REFERENCE } from "../tasks/mod.ts";
import type { PendingTask } from "./pending_task.ts";

/** An object that a task took, or has a ref to; `derivation` where a task of this place has made it. */
export interface Input {
  readonly id: ObjectId;
  readonly derivation: Derivation | undefined;
}

/** A task that has ended and whose large results others may still need: what it takes to run it again. */
export interface Derivation {
  readonly sequence: number;
  readonly template: TaskTemplate;
  /** Its large results. */
  readonly results: readonly ObjectId[];
  /** Those of them that somebody holds. */
  readonly held: Set<ObjectId>;
  /** How many of those whose input it made are kept themselves. */
  dependents: number;
  /** What it takes to run it again; or why that cannot be. */
  recipe: Recipe | string;
  retriesLeft: number;
  attempt: number;
  /** It runs again. */
  running: PendingTask | undefined;
}

export interface Recipe {
  readonly arguments: Omit<Arguments, "pins">;
  /** What it takes that is not kept here: to be held, and perhaps made, anew. */
  readonly inputs: readonly Input[];
  /** What is kept for it. */
  readonly pins: readonly Pin[];
  readonly bytes: number;
}

/** Bytes that the arguments of a call take while they are kept: what travels with it, not what it refers to. */
export function bytesOfArguments({ form, data }: Pick<Arguments, "form" | "data">): number {
  if (form === ArgumentForm.whole) return (data as Uint8Array).byteLength;
  if (form === ArgumentForm.object) return OVERHEAD_BYTES;
  if (form === ArgumentForm.bare) return OVERHEAD_BYTES + (data as unknown[]).reduce((sum: number, value) => sum + bytesOfPrimitive(value), 0);
  return (data as ArgumentWire[]).reduce((sum, wire) => sum + OVERHEAD_BYTES + (wire[0] === BY_REFERENCE ? 0 : (wire[2] as number)), 0);
}

function bytesOfPrimitive(value: unknown): number {
  return typeof value === "string" ? 2 * value.length : OVERHEAD_BYTES / 4;
}

/** What a small object takes beside its content, roughly. */
const OVERHEAD_BYTES = 64;
