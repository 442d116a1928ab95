import { type FieldsOf, MobulaError } from "./base.ts";

/**
 * The control store's storage can't be opened, read or written. `location` names it; the message says what to do. `reason`:
 * - `damaged`: it is not, or is no longer, what a control store wrote;
 * - `in_use`: another control store has it open;
 * - `newer`: a later version wrote it;
 * - `denied`: the user or password is wrong, or may not do this;
 * - `fenced`: another control store has taken it over since it was opened;
 * - `unavailable`: it can't be reached or written now (no permission, disk full, no server, closed).
 */
export class StorageError extends MobulaError {
  static override readonly code: string = "STORAGE_ERROR";
  declare readonly location: string;
  declare readonly reason: StorageFailure;

  constructor(fields: FieldsOf<StorageError> & { readonly message: string }) {
    super(fields);
  }
}

export type StorageFailure = "damaged" | "in_use" | "newer" | "denied" | "fenced" | "unavailable";
