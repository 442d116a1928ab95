import type { ObjectId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import type { Arguments } from "../tasks/mod.ts";
import { ArgumentForm, type ArgumentWire, BY_REFERENCE } from "../tasks/mod.ts";
import type { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";

/** What its owner knows of a task, or of a call of an actor's method, that has not ended. */
export interface Run {
  readonly sequence: number;
  readonly arguments: Arguments;
  /** The entries of its results; none for a generator. */
  readonly entries: readonly Entry[];
  readonly stream: ItemStream | undefined;
  retriesLeft: number;
  attempt: number;
  stopTimer: (() => void) | undefined;
  /** Where it runs again for results that were lost: its entries are those alone. */
  readonly derivation: Derivation | undefined;
  /** The large ones among a generator's items that somebody holds. */
  large: Set<ObjectId> | undefined;
  /** Of a generator that runs again: what it has made, and how many there will be once that is known. */
  remade: { readonly items: Set<number>; count: number } | undefined;
  /** Results that were lost before it had ended. */
  lost: Set<ObjectId> | undefined;
}

/** What a run for lost results begins with. */
export type Rerun = Pick<Run, "sequence" | "arguments" | "entries" | "retriesLeft" | "attempt" | "derivation">;

/** The task, or the call, that made results, as far as it outlives its end. */
export interface Source {
  readonly name: string;
  /** What says how often it may be tried again, and how often that was at first. */
  readonly option: "maxRetries" | "maxTaskRetries";
  readonly limit: number;
  /** Runs it again; it has not ended when this returns. */
  submit(rerun: Rerun): Run;
}

/** An object that a task took, or has a ref to. */
export interface Input {
  readonly id: ObjectId;
  /** Where a task or call of this place has made it; of a generator's item only once the generator has ended. */
  derivation: Derivation | undefined;
}

/** A task or call that has ended and whose large results others may still need: what it takes to run it again. */
export interface Derivation {
  readonly sequence: number;
  readonly source: Source;
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
  running: Run | undefined;
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

/** What a derivation takes beside its arguments: measured, a link of a chain in Bun. */
export const DERIVATION_BYTES = 1_280;

/** What a small object takes beside its content, roughly. */
const OVERHEAD_BYTES = 64;
