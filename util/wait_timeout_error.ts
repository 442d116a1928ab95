import { GetTimeoutError } from "../mod.ts";

/** A wait of a utility took too long. It left no trace: nothing was taken and nobody counts as waiting. */
export class WaitTimeoutError extends GetTimeoutError {
  /** What did not come: `a permit`. */
  declare readonly waitedFor: string;

  constructor(fields: { readonly timeoutMs: number; readonly waitedFor: string }) {
    super(fields);
  }

  static override describe({ timeoutMs, waitedFor }: { timeoutMs: number; waitedFor: string }): string {
    return `Waited ${timeoutMs} ms for ${waitedFor}, in vain. Raise timeoutMs, or see why it does not come.`;
  }
}
