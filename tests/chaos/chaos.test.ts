import { describe, expect, test } from "bun:test";
import type { Runtime } from "./chaos_cluster.ts";
import type { Fault } from "./injector.ts";
import { HEAD_FAULTS, NODE_FAULTS, runChaos } from "./run.ts";

const own: Runtime = "Deno" in globalThis ? "deno" : "bun";
const other: Runtime = own === "deno" ? "bun" : "deno";

/** Longer runs are for `bun scripts/chaos.ts`: those in which nodes are declared dead and come back take their time. */
const isShort = (fault: Fault): boolean => fault !== "cut off long" && fault !== "freeze long";

const RUNS = [
  { what: "workers and nodes are killed, frozen and cut off", seed: 1, seconds: 6, faults: NODE_FAULTS.filter((fault) => fault !== "cut off long") },
  { what: "head is killed and comes back as well", seed: 3, seconds: 6, faults: HEAD_FAULTS.filter(isShort) },
];

for (const { what, seed, seconds, faults } of RUNS) {
  describe(`a cluster of both runtimes whose ${what}`, () => {
    test("comes to what it comes to when it is left alone, runs nothing too often, and keeps nothing", async () => {
      const log: string[] = [];
      const report = await runChaos({ seed, seconds, runtimes: [own, other], faults, quietRound: false, log: (text) => void log.push(text) });
      expect({ violations: report.violations, log: report.violations.length > 0 ? log : [] }).toEqual({ violations: [], log: [] });
      expect(Object.values(report.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
      if (faults.includes("kill the head")) expect(report.faults["kill the head"]).toBeGreaterThan(0);
      expect(Object.keys(report.rounds).sort()).toEqual(["chain", "generator pipeline", "once only", "parameter server", "word count"]);
    }, 180_000);
  });
}
