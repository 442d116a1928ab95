/** Time, injected: the kernel and the system actors ask a clock, so that a simulation can be its own time. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions. Never goes backwards. */
  now(): number;
  /** Runs `action` once after `delayMs`; the returned function takes that back. Does not keep the process alive. */
  after(delayMs: number, action: () => void): () => void;
  /** Runs `action` when the events that are already waiting have been handled. */
  soon(action: () => void): void;
}

interface UnrefTimer {
  unref?(): void;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    if (typeof timer === "number") unrefTimer?.(timer);
    else (timer as UnrefTimer).unref?.();
    return () => clearTimeout(timer);
  },
  soon(action) {
    setImmediate(action);
  },
};

/** Where timers are numbers (Deno's web timers), the platform says how to unref one. */
let unrefTimer: ((timer: number) => void) | undefined;
export function setUnrefTimer(unref: (timer: number) => void): void {
  unrefTimer = unref;
}
