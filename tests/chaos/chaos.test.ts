import { describe, expect, test } from "bun:test";
import type { Runtime } from "./chaos_cluster.ts";
import { NODE_FAULTS, runChaos } from "./run.ts";

const own: Runtime = "Deno" in globalThis ? "deno" : "bun";
const other: Runtime = own === "deno" ? "bun" : "deno";

/** Longer runs are for `bun scripts/chaos.ts`: those in which nodes are declared dead and come back take their time. */
const faults = NODE_FAULTS.filter((fault) => fault !== "cut off long");

describe("a cluster of both runtimes whose workers and nodes are killed, frozen and cut off", () => {
  test("comes to what it comes to when it is left alone, runs nothing too often, and keeps nothing", async () => {
    const log: string[] = [];
    const report = await runChaos({ seed: 1, seconds: 6, runtimes: [own, other], faults, quietRound: false, log: (text) => void log.push(text) });
    expect({ violations: report.violations, log: report.violations.length > 0 ? log : [] }).toEqual({ violations: [], log: [] });
    expect(Object.values(report.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
    expect(Object.keys(report.rounds).sort()).toEqual(["chain", "generator pipeline", "once only", "parameter server", "word count"]);
  }, 120_000);
});
