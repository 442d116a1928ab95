import { describe, expect, test } from "bun:test";
import { MemoryMonitor, type MemoryVerdict, memorySettings, readNodeMemory, type Victim } from "../../../actors/memory_monitor/mod.ts";
import type { Clock } from "../../../runtime/kernel/mod.ts";

const GIB = 2 ** 30;

/** A node whose memory is as full as `used` says, and what its monitor does in so many periods. */
class Node {
  readonly ended: { victim: Victim; verdict: MemoryVerdict }[] = [];
  readonly said: string[] = [];
  readonly periods: number[] = [];
  running: Victim[] = [];
  used: number | undefined = 0;
  #due: (() => void) | undefined;
  readonly monitor: MemoryMonitor;

  constructor(settings: { threshold?: number; periodMs?: number } = {}) {
    const clock: Clock = {
      now: () => 0,
      soon: (action) => action(),
      after: (delayMs, action) => {
        this.periods.push(delayMs);
        this.#due = action;
        return () => {
          this.#due = undefined;
        };
      },
    };
    this.monitor = new MemoryMonitor({
      settings: { threshold: 0.95, periodMs: 250, ...settings },
      clock,
      nodeId: "node-7",
      read: () => (this.used === undefined ? undefined : { usedBytes: this.used, limitBytes: 16 * GIB }),
      victims: () => this.running,
      end: (victim, verdict) => void this.ended.push({ victim, verdict }),
      warn: (text) => void this.said.push(text),
    });
  }

  pass(periods = 1): void {
    for (let i = 0; i < periods; i++) {
      const due = this.#due;
      this.#due = undefined;
      due?.();
    }
  }
}

const task = (place: number, sinceMs = place): Victim => ({ place, kind: "task", name: "grow", owner: 1, retriable: true, sinceMs });

describe("a node's memory monitor", () => {
  test("ends nothing up to the threshold, and the newest task above it; the verdict names node, use, threshold and why", () => {
    const node = new Node();
    node.running = [task(3), task(4)];
    node.used = 0.95 * 16 * GIB;
    node.pass();
    expect(node.ended).toEqual([]);
    node.used = 15.5 * GIB;
    node.pass();
    expect(node.ended.map(({ victim }) => victim.place)).toEqual([4]);
    expect(node.ended[0]?.verdict).toEqual({
      usedBytes: 15.5 * GIB,
      limitBytes: 16 * GIB,
      detail:
        "The memory monitor of node node-7 ended it: 15.5 GiB of 16 GiB memory were in use, over the threshold of 95 %. " +
        "It was the newest of its owner's tasks that may be tried again.",
    });
    expect(node.said.join("\n")).toContain('task "grow"');
    expect(node.periods).toEqual([250, 250, 250]);
  });

  test("is read less often while it cannot fill meanwhile, a second apart at most", () => {
    const node = new Node();
    for (const used of [0, 4, 8, 15]) {
      node.used = used * GIB;
      node.pass();
    }
    expect(node.periods).toEqual([250, 1_000, 768, 512, 250]);
  });

  test("ends one worker at a time: the next only when the last is gone and memory is read once more", () => {
    const node = new Node();
    node.used = 16 * GIB;
    node.running = [task(3), task(4)];
    node.pass(4);
    expect(node.ended).toHaveLength(1);
    node.running = [task(3)];
    node.pass();
    expect(node.ended).toHaveLength(1);
    node.pass();
    expect(node.ended.map(({ victim }) => victim.place)).toEqual([4, 3]);
    node.used = 0;
    node.running = [];
    node.pass(3);
    expect(node.ended).toHaveLength(2);
  });

  test("says once that nothing can be ended, and again when memory was short anew", () => {
    const node = new Node();
    node.used = 16 * GIB;
    node.pass(3);
    expect(node.said).toHaveLength(1);
    expect(node.said[0]).toContain("No worker runs anything that could be ended");
    node.used = 0;
    node.pass();
    node.used = 16 * GIB;
    node.pass(2);
    expect(node.said).toHaveLength(2);
  });

  test("ends nothing where the system does not tell, looks never when turned off, and no more when closed", () => {
    const blind = new Node();
    blind.used = undefined;
    blind.running = [task(3)];
    blind.pass(3);
    expect(blind.ended).toEqual([]);
    expect(new Node({ periodMs: 0 }).periods).toEqual([]);
    const closed = new Node();
    closed.used = 16 * GIB;
    closed.running = [task(3)];
    closed.monitor.close();
    closed.pass();
    expect(closed.ended).toEqual([]);
  });
});

describe("its settings", () => {
  const from = (variables: Record<string, string>) => memorySettings((name) => variables[name]);

  test("are Ray's, unless the environment says otherwise", () => {
    expect(from({})).toEqual({ threshold: 0.95, periodMs: 250, limitBytes: undefined });
    const variables = { MOBULA_MEMORY_USAGE_THRESHOLD: "0.8", MOBULA_MEMORY_MONITOR_REFRESH_MS: "0", MOBULA_MEMORY_LIMIT_BYTES: "1000000" };
    expect(from(variables)).toEqual({ threshold: 0.8, periodMs: 0, limitBytes: 1_000_000 });
  });

  test("are refused with the variable's name when they make no sense", () => {
    expect(() => from({ MOBULA_MEMORY_USAGE_THRESHOLD: "95" })).toThrow(/MOBULA_MEMORY_USAGE_THRESHOLD is "95": .*0\.95/);
    expect(() => from({ MOBULA_MEMORY_MONITOR_REFRESH_MS: "soon" })).toThrow(/MOBULA_MEMORY_MONITOR_REFRESH_MS/);
    expect(() => from({ MOBULA_MEMORY_LIMIT_BYTES: "2GB" })).toThrow(/MOBULA_MEMORY_LIMIT_BYTES/);
  });

  test("have a limit of the node's own measured by its own processes, else what the machine allows", () => {
    const sizes: Record<number, number> = { 1: 100, 2: 20, 3: 3 };
    const platform = { pid: 1, machineMemory: () => ({ usedBytes: 7, limitBytes: 8 }), residentBytes: (pid: number) => sizes[pid] ?? 0 };
    expect(readNodeMemory(platform, { limitBytes: 1_000 }, [2, 3])).toEqual({ usedBytes: 123, limitBytes: 1_000 });
    expect(readNodeMemory(platform, { limitBytes: undefined }, [2, 3])).toEqual({ usedBytes: 7, limitBytes: 8 });
  });
});
