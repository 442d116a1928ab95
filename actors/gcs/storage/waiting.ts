import type { Clock } from "../../../runtime/kernel/mod.ts";
import { platform } from "../../../runtime/platform/mod.ts";

/** Resolves after `ms`, or when `signal` fires. */
export async function waiting(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const abort = () => resolve();
  signal?.addEventListener("abort", abort);
  // The clock's timers alone do not keep a process alive, and the connection may be down.
  const release = platform.keepAlive();
  await promise;
  release();
  cancel();
  signal?.removeEventListener("abort", abort);
}
