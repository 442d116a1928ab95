import { readFileSync } from "node:fs";
import process from "node:process";

const MIB = 2 ** 20;

/** MiB of memory that this process holds now. */
export function residentMiB(): number {
  return process.memoryUsage.rss() / MIB;
}

/** MiB of memory that this process held at most. */
export function peakMiB(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kib !== undefined) return Number(kib) / 1024;
  } catch {
    // Not Linux.
  }
  const { maxRSS } = process.resourceUsage();
  return process.platform === "darwin" ? maxRSS / MIB : maxRSS / 1024;
}

/** Milliseconds of CPU time that this process has used, in all of its threads. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** MiB once what nobody holds has been given back: the least of some looks, with collections between them. */
export async function settledMiB(): Promise<number> {
  return (await watchSettling(Number.NEGATIVE_INFINITY, 2)).least;
}

/**
 * How long to wait for memory to be given back. V8 keeps the pages that it has emptied, whatever was in them, and gives
 * them back by itself 8 to 25 s later; each of a process's threads has a heap of its own. Seconds.
 */
const PATIENCE_S = "Deno" in globalThis ? 40 : 2;

/** What is left above `before` once memory has been given back, and after how many ms it was less than 100 MiB; all that was waited if never. */
export async function leftAbove(before: number): Promise<{ left: number; backMs: number }> {
  const { least, backMs } = await watchSettling(before + 100, PATIENCE_S);
  return { left: least - before, backMs };
}

async function watchSettling(enough: number, seconds: number): Promise<{ least: number; backMs: number }> {
  const start = performance.now();
  let least = Number.POSITIVE_INFINITY;
  let backMs = seconds * 1000;
  for (let i = 0; i < seconds * 5; i++) {
    // At first alone: later it would only put off what the runtime does by itself.
    if (i < 10) collectGarbage();
    await pause(200);
    least = Math.min(least, residentMiB());
    if (least <= enough) backMs = Math.min(backMs, performance.now() - start);
  }
  return { least, backMs };
}

interface Runtime {
  readonly Bun?: { gc(force: boolean): void };
  readonly gc?: () => void;
}

function collectGarbage(): void {
  const runtime = globalThis as Runtime;
  runtime.Bun?.gc(true);
  runtime.gc?.();
}
