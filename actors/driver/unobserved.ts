import { isMobulaError, TaskCancelledError } from "../../runtime/errors/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { decodeValue } from "../../runtime/values/mod.ts";

/** Failures that no `get` or `wait` has looked at: said once, at the end, so that they are not lost. */
export class Unobserved {
  /** Calls that had not ended at the node's end, and that nobody waited for. */
  lost = 0;
  /** The node ends: what fails now, fails of that. */
  closing = false;
  #first: { error: unknown; name: string } | undefined;
  #count = 0;

  add(fault: Uint8Array, name: string): void {
    if (this.closing) {
      this.lost++;
      return;
    }
    let error: unknown;
    try {
      error = decodeValue(fault);
    } catch {
      // What cannot be read cannot be told.
      return;
    }
    // Whoever cancels a call knows of it.
    if (error instanceof TaskCancelledError && error.reason !== "timeout") return;
    this.#count++;
    this.#first ??= { error, name };
  }

  report(): void {
    if (this.lost > 0) {
      platform.print(
        "stderr",
        `mobula: ${this.lost} submitted call${this.lost === 1 ? " was" : "s were"} still running at exit and lost; await the results with get(ref) before the script ends`,
      );
    }
    if (this.#first === undefined) return;
    const { error, name } = this.#first;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : "";
    const text = isMobulaError(error) || error instanceof Error ? (error.stack ?? error.message) : String(error);
    platform.print("stderr", `mobula: ${name} failed and its result was never fetched with get(ref)${more}:\n${text}`);
    this.#first = undefined;
  }
}
