import type { MemoryUse, Platform } from "../../runtime/platform/mod.ts";
import type { MemorySettings } from "./settings.ts";

/**
 * How much memory is taken: with a limit of its own, by this process and its children `pids`, not by theirs; else by
 * all that shares the machine or the control group.
 */
export function readNodeMemory(
  platform: Pick<Platform, "pid" | "machineMemory" | "residentBytes">,
  { limitBytes }: Pick<MemorySettings, "limitBytes">,
  pids: Iterable<number>,
): MemoryUse | undefined {
  if (limitBytes === undefined) return platform.machineMemory();
  let usedBytes = 0;
  for (const pid of [platform.pid, ...pids]) usedBytes += platform.residentBytes(pid);
  return { usedBytes, limitBytes };
}
