import type { ObjectId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import type { PayloadWire } from "../values/mod.ts";

/** How the arguments of a call travel. */
export const ArgumentForm = {
  /** All primitives: the array itself. */
  bare: 0,
  /** One encoding of the whole array. */
  whole: 1,
  /** Each by itself: a payload, or the id of an object whose value takes its place. */
  each: 2,
  /** The whole array is an object: the id. */
  object: 3,
} as const;
export type ArgumentForm = (typeof ArgumentForm)[keyof typeof ArgumentForm];

/** One argument of the form `each`. */
export type ArgumentWire = PayloadWire | [kind: typeof BY_REFERENCE, id: ObjectId];
export const BY_REFERENCE = 9;

/** Arguments, encoded at the call. */
export interface Arguments {
  readonly form: ArgumentForm;
  readonly data: unknown;
  /** Objects whose values are needed before the call can run. */
  readonly needs: readonly ObjectId[];
  /** What must stay alive until the call has ended: refs and handles that the arguments hold. */
  readonly pins: readonly Pin[];
  /** Those of the pins that are large arguments' own objects: no ref of the program's names them. */
  readonly unnamed?: readonly Pin[];
}

export const NO_ARGUMENTS: Arguments = { form: ArgumentForm.bare, data: [], needs: [], pins: [] };
