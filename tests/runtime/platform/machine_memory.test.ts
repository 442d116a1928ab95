import { describe, expect, test } from "bun:test";
import process from "node:process";
import { machineMemory, residentBytes } from "../../../runtime/platform/machine_memory.ts";

const GIB = 2 ** 30;
const meminfo = `MemTotal:       ${16 * 1024 ** 2} kB\nMemFree:         ${1024 ** 2} kB\nMemAvailable:    ${12 * 1024 ** 2} kB\n`;

/** A machine with these files. */
function readFrom(files: Record<string, string>): (path: string) => string | undefined {
  return (path) => files[path];
}

describe("how full memory is", () => {
  test("is told of the whole machine where no control group limits it", () => {
    const files = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": "max\n",
      "/sys/fs/cgroup/memory.current": "5\n",
    };
    expect(machineMemory(readFrom(files))).toEqual({ usedBytes: 4 * GIB, limitBytes: 16 * GIB });
  });

  test("is told of the tightest control group above this process, without the files that the system keeps in memory", () => {
    const files = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/jobs/mine\n",
      "/sys/fs/cgroup/jobs/mine/memory.max": "max\n",
      "/sys/fs/cgroup/jobs/mine/memory.current": `${GIB}\n`,
      "/sys/fs/cgroup/jobs/memory.max": `${2 * GIB}\n`,
      "/sys/fs/cgroup/jobs/memory.current": `${2 * GIB}\n`,
      "/sys/fs/cgroup/jobs/memory.stat": `anon ${GIB}\nfile ${GIB}\ninactive_file ${GIB / 4}\nactive_file ${GIB / 4}\nshmem 0\n`,
    };
    expect(machineMemory(readFrom(files))).toEqual({ usedBytes: 1.5 * GIB, limitBytes: 2 * GIB });
  });

  test("is told with what is left where the least is", () => {
    const files = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/mine\n",
      "/sys/fs/cgroup/mine/memory.max": `${GIB}\n`,
      "/sys/fs/cgroup/mine/memory.current": `${GIB / 8}\n`,
    };
    expect(machineMemory(readFrom(files))).toEqual({ usedBytes: 4 * GIB, limitBytes: 16 * GIB, leastFreeBytes: 0.875 * GIB });
  });

  test("is told of a container's own group where the path is the one outside of it", () => {
    const files = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/kubepods/pod1/abc\n",
      "/sys/fs/cgroup/memory.max": `${GIB}\n`,
      "/sys/fs/cgroup/memory.current": `${GIB / 2}\n`,
    };
    expect(machineMemory(readFrom(files))).toEqual({ usedBytes: GIB / 2, limitBytes: GIB });
  });

  test("is told of groups of version 1, whose greatest number stands for no limit", () => {
    const files = {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "12:cpu,cpuacct:/x\n4:memory:/docker/abc\n",
      "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": `${GIB}\n`,
      "/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes": `${GIB}\n`,
      "/sys/fs/cgroup/memory/docker/abc/memory.stat": `inactive_file 7\ntotal_inactive_file ${GIB / 8}\ntotal_active_file 0\n`,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "9223372036854771712\n",
    };
    expect(machineMemory(readFrom(files))).toEqual({ usedBytes: 0.875 * GIB, limitBytes: GIB });
  });

  test("is not told where there are no such files, or they say something else", () => {
    expect(machineMemory(readFrom({}))).toBeUndefined();
    const files = {
      "/proc/meminfo": "MemTotal: lots",
      "/proc/self/cgroup": "0::/a",
      "/sys/fs/cgroup/a/memory.max": "1e9",
      "/sys/fs/cgroup/a/memory.current": "-1",
    };
    expect(machineMemory(readFrom(files))).toBeUndefined();
  });

  test.skipIf(process.platform !== "linux")("is told of this machine, and of this process", () => {
    const use = machineMemory();
    expect(use?.limitBytes).toBeGreaterThan(2 ** 26);
    expect(use?.usedBytes).toBeGreaterThan(0);
    expect(residentBytes(process.pid)).toBeGreaterThan(2 ** 22);
    expect(residentBytes(2 ** 30)).toBe(0);
  });
});
