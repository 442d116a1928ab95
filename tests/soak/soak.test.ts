import { describe, expect, test } from "bun:test";
import { soak } from "./run.ts";
import { growth, type Sample } from "./vitals.ts";

describe("a cluster under mixed load", () => {
  // What grows shows in half an hour of `bun scripts/soak.ts`: in some seconds of a busy machine nothing is warm yet.
  test("comes to its results while other drivers come, leave and are killed, and has nothing left in the end", async () => {
    const log: string[] = [];
    const { violations, cycles, visits } = await soak({
      seconds: 8,
      visitEveryMs: 500,
      sampleEveryMs: 400,
      log: (text) => void log.push(text),
    });
    expect({ violations, log: violations.length > 0 ? log : [] }).toEqual({ violations: [], log: [] });
    expect(Math.min(cycles, visits)).toBeGreaterThan(0);
  }, 120_000);
});

describe("growth", () => {
  const samplesOf = (files: (index: number) => number): Sample[] =>
    Array.from({ length: 30 }, (_, index) => ({ atMs: index, name: "node", vitals: { rssMib: 100, files: files(index), threads: 5, children: 0 } }));
  const allowance = { rssMib: 1, files: 3, threads: 1, children: 1 };

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
