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
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    collectGarbage();
    await pause(200);
    least = Math.min(least, residentMiB());
  }
  return least;
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
