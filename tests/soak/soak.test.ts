import { describe, expect, test } from "bun:test";
import { soak } from "./run.ts";
import { growth, type Sample } from "./vitals.ts";

describe("a cluster under mixed load", () => {
  // In two minutes of a busy machine not all workers have come that will, so what grows slowly shows in `bun scripts/soak.ts` alone.
  test("comes to its results while other drivers come, leave and are killed, leaks nothing in bulk, and has nothing left", async () => {
    const log: string[] = [];
    const { violations, cycles, visits } = await soak({
      seconds: 120,
      // Beside other tests.
      pauseMs: 1_000,
      visitEveryMs: 8_000,
      sampleEveryMs: 8_000,
      restMs: 2_000,
      allowance: { rssMib: 300, files: 80, threads: 20, children: 3, timers: 20 },
      log: (text) => void log.push(text),
    });
    expect({ violations, log: violations.length > 0 ? log : [] }).toEqual({ violations: [], log: [] });
    expect(Math.min(cycles, visits)).toBeGreaterThan(4);
  }, 220_000);
});

describe("growth", () => {
  const samplesOf = (files: (index: number) => number): Sample[] =>
    Array.from({ length: 30 }, (_, index) => ({
      atMs: index,
      name: "node",
      vitals: { rssMib: 100, files: files(index), threads: 5, children: 0, timers: 1 },
    }));
  const allowance = { rssMib: 1, files: 3, threads: 1, children: 1, timers: 1 };

  test("is told of what grows after the warm-up, and not of what grows in it or comes and goes", () => {
    expect(
      growth(
        samplesOf((index) => Math.min(index, 8) * 10),
        allowance,
      ),
    ).toEqual([]);
    expect(
      growth(
        samplesOf((index) => 10 + 4 * (index % 2)),
        allowance,
      ),
    ).toEqual([]);
    expect(
      growth(
        samplesOf((index) => index),
        allowance,
      ),
    ).toEqual(["node: files went from 13 to 27"]);
  });
});
