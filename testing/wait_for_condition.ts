/** How `waitForCondition` looks and for how long. */
export interface WaitForConditionOptions {
  /** Milliseconds until it gives up. Default 10,000. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. Default 20. */
  readonly intervalMs?: number;
}

/**
 * Waits until `condition` gives a truthy value, and returns it. What the condition throws counts as "not yet".
 * @throws Error when the time is over, with the condition's last error as its cause
 */
export async function waitForCondition<T>(condition: () => T | Promise<T>, options: WaitForConditionOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`the condition did not hold within ${timeoutMs} ms`, cause === undefined ? undefined : { cause });
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
