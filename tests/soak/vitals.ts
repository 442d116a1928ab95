import { readdirSync, readFileSync } from "node:fs";

/** What a process takes of its machine. */
export interface Vitals {
  readonly rssMib: number;
  /** Open files, sockets among them. */
  readonly files: number;
  readonly threads: number;
  /** Child processes. */
  readonly children: number;
  /** Timers that are due still, where they are counted. */
  readonly timers?: number;
}

/** Of a process of this machine; undefined when it has ended, or where the system does not tell. */
export function vitalsOf(pid: number): Vitals | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean));
    return { rssMib: field("VmRSS") / 1024, files: readdirSync(`/proc/${pid}/fd`).length, threads: threads.length, children: children.length };
  } catch {
    return undefined;
  }
}

export interface Sample {
  readonly atMs: number;
  readonly name: string;
  readonly vitals: Vitals;
}

/** How much more of each a process may have at the end than it had when it was warm. */
export interface Allowance {
  readonly rssMib: number;
  readonly files: number;
  readonly threads: number;
  readonly children: number;
  readonly timers: number;
}

/**
 * What has grown: the median of the last fifth of each process's samples held against that of the fifth after the warm-up,
 * which is the first third.
 */
export function growth(samples: readonly Sample[], allowance: Allowance): string[] {
  const found: string[] = [];
  for (const [name, own] of Map.groupBy(samples, (sample) => sample.name)) {
    const fifth = Math.max(1, Math.floor(own.length / 5));
    const third = Math.floor(own.length / 3);
    const [early, late] = [own.slice(third, third + fifth), own.slice(-fifth)];
    for (const key of ["rssMib", "files", "threads", "children", "timers"] as const) {
      const [before, after] = [medianOf(early, key), medianOf(late, key)];
      if (after - before > allowance[key]) found.push(`${name}: ${key} went from ${before.toFixed(0)} to ${after.toFixed(0)}`);
    }
  }
  return found;
}

function medianOf(samples: readonly Sample[], key: keyof Vitals): number {
  const sorted = samples.map(({ vitals }) => vitals[key] ?? 0).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}
