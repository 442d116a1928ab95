/**
 * The promise that a call has returned; none for other values. Anything may have been returned: where looking for its
 * `then`, or calling it, throws, this throws, or its promise rejects.
 */
export function promiseOf(returned: unknown): Promise<unknown> | undefined {
  return typeof (returned as PromiseLike<unknown> | null | undefined)?.then === "function" ? Promise.resolve(returned) : undefined;
}
