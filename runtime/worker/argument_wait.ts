import type { Clock } from "../kernel/mod.ts";

/** How long what a task takes may be on its way before others get the task's CPU meanwhile. Milliseconds. */
export const PATIENCE_MS = 500;

/**
 * The arguments of a task that has begun, once they are here. What takes long may have been lost, and to be made again it
 * may need the very CPU that the task has: `onBlocked` hears that the task waits, and that it goes on.
 */
export async function awaitArguments(
  args: Promise<unknown[]>,
  { clock, onBlocked }: { clock: Clock; onBlocked(blocked: boolean): void },
): Promise<unknown[]> {
  let isBlocked = false;
  const cancel = clock.after(PATIENCE_MS, () => {
    isBlocked = true;
    onBlocked(true);
  });
  try {
    return await args;
  } finally {
    cancel();
    if (isBlocked) onBlocked(false);
  }
}
