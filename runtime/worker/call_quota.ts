import type { TaskTemplate } from "../tasks/mod.ts";

/** `maxCalls`: after so many calls of one function a worker ends, and another takes its place. */
export class CallQuota {
  readonly #made: Map<string, number> = new Map();

  /** Counts a call. True when the worker has made as many of the function as it may. */
  spends({ functionId, options: { maxCalls } }: TaskTemplate): boolean {
    if (maxCalls <= 0) return false;
    const made = (this.#made.get(functionId) ?? 0) + 1;
    this.#made.set(functionId, made);
    return made >= maxCalls;
  }
}
