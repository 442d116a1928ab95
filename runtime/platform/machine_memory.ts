import { readFileSync } from "node:fs";
import { join } from "node:path";

/** How much memory is taken of how much there is. Bytes. */
export interface MemoryUse {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** What is left where the least is, if that is somewhere else. */
  readonly leastFreeBytes?: number;
}

/** The text of a file; undefined where there is none that can be read. */
export type ReadText = (path: string) => string | undefined;

const CGROUPS = "/sys/fs/cgroup";

/** What the files of a control group are called in each version of them. */
const VERSIONS = {
  v2: { root: CGROUPS, limit: "memory.max", used: "memory.current", cached: /^(?:in)?active_file (\d+)$/gm },
  v1: { root: join(CGROUPS, "memory"), limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cached: /^total_(?:in)?active_file (\d+)$/gm },
} as const;

/**
 * The fullest of what limits this process's memory: the machine's, as Linux tells it in /proc/meminfo, and its control
 * groups' (v2 or v1), up to their root. Files that the system keeps in memory count as free, for it gives them up when
 * memory is short. Undefined on a system without these files.
 */
export function machineMemory(read: ReadText = readText): MemoryUse | undefined {
  const machine = wholeMachine(read);
  const all = [...(machine === undefined ? [] : [machine]), ...controlGroups(read)];
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  const fullest = others.reduce((most, use) => (share(use) > share(most) ? use : most), first);
  const leastFreeBytes = Math.min(...all.map(({ usedBytes, limitBytes }) => limitBytes - usedBytes));
  return leastFreeBytes < fullest.limitBytes - fullest.usedBytes ? { ...fullest, leastFreeBytes } : fullest;
}

/** The memory that a process has in use, without what is swapped out; 0 for one that is gone. */
export function residentBytes(pid: number, read: ReadText = readText): number {
  return kilobytes(read(`/proc/${pid}/status`) ?? "", "VmRSS") ?? 0;
}

function wholeMachine(read: ReadText): MemoryUse | undefined {
  const info = read("/proc/meminfo") ?? "";
  const total = kilobytes(info, "MemTotal");
  const available = kilobytes(info, "MemAvailable");
  return total === undefined || available === undefined ? undefined : { usedBytes: total - available, limitBytes: total };
}

function* controlGroups(read: ReadText): Generator<MemoryUse> {
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === "" || (controllers !== "" && !controllers.split(",").includes("memory"))) continue;
    const version = VERSIONS[controllers === "" ? "v2" : "v1"];
    // In a container the path may be the one outside of it: then the root has the files that count.
    for (let group = path; ; group = join(group, "..")) {
      const use = useOf(join(version.root, group), version, read);
      if (use !== undefined) yield use;
      if (group === "/") break;
    }
  }
}

function useOf(folder: string, { limit, used, cached }: (typeof VERSIONS)["v1" | "v2"], read: ReadText): MemoryUse | undefined {
  const limitBytes = whole(read(join(folder, limit)));
  const usedBytes = whole(read(join(folder, used)));
  // "max", and in v1 a number that no machine has, stand for no limit.
  if (limitBytes === undefined || usedBytes === undefined || limitBytes >= Number.MAX_SAFE_INTEGER) return undefined;
  const files = Array.from((read(join(folder, "memory.stat")) ?? "").matchAll(cached), ([, bytes]) => Number(bytes));
  return { usedBytes: Math.max(0, usedBytes - files.reduce((sum, bytes) => sum + bytes, 0)), limitBytes };
}

function share({ usedBytes, limitBytes }: MemoryUse): number {
  return limitBytes === 0 ? 1 : usedBytes / limitBytes;
}

function kilobytes(text: string, name: string): number | undefined {
  const [, count] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * 1024;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
