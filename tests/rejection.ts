/**
 * The error with which a promise rejects; fails when it does not. For promises that wait for a worker, in place of
 * `expect(…).rejects`: Bun's runs the event loop inside the matcher, where an answer from elsewhere may never arrive.
 */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  throw new Error(`expected a rejection, and it resolved with ${String(outcome.value)}`);
}

/** The text of the error with which a promise rejects: its class and its message. */
export async function rejectionText(promise: Promise<unknown>): Promise<string> {
  return String(await rejection(promise));
}
