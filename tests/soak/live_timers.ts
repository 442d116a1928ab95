/**
 * Counts this thread's timers that are due still, from when it is imported.
 */
const live: Set<unknown> = new Set();
const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

globalThis.setTimeout = ((action: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
  const timer = setTimeout(() => {
    live.delete(timer);
    action(...args);
  }, ms);
  live.add(timer);
  return timer;
}) as typeof setTimeout;

globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
  const timer = setInterval(...args);
  live.add(timer);
  return timer;
}) as typeof setInterval;

for (const [name, clear] of [
  ["clearTimeout", clearTimeout],
  ["clearInterval", clearInterval],
] as const) {
  globalThis[name] = ((timer: Parameters<typeof clearTimeout>[0]) => {
    live.delete(timer);
    clear(timer);
  }) as typeof clearTimeout;
}

export function liveTimers(): number {
  return live.size;
}
