/**
 * Lets a real cluster fail in the ways that a seed says while programs run on it that must come to the same results all
 * the same:
 *
 *   bun scripts/chaos.ts [--seconds N] [--seed S] [--runtime bun|deno|mixed] [--nodes N] [--head] [--runs N]
 *
 * Workers and nodes are killed, frozen and cut off, and, with `--head`, the head is killed and comes back on the same
 * storage. Ends with 1 when a result is wrong, something hangs, is left behind or runs more often than it may; prints what
 * was done and what came of it. The seed draws what is done; when it happens to whom depends on the machine as well.
 * `--runs`: so many seeds, from that one on.
 */
import { parseArgs } from "node:util";
import type { Runtime } from "../tests/chaos/chaos_cluster.ts";
import { HEAD_FAULTS, runChaos } from "../tests/chaos/run.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    runtime: { type: "string", default: "mixed" },
    nodes: { type: "string", default: "3" },
    head: { type: "boolean", default: false },
    runs: { type: "string", default: "1" },
    quiet: { type: "boolean", default: false },
  },
});

const runtimes: Readonly<Record<string, readonly Runtime[]>> = { bun: ["bun"], deno: ["deno"], mixed: ["bun", "deno"] };
const chosen = runtimes[values.runtime];
if (chosen === undefined) throw new RangeError(`--runtime is bun, deno or mixed, not ${values.runtime}`);

/** Violations of one run that are shown. */
const SHOWN = 10;

for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run;
  const options = {
    seed,
    seconds: Number(values.seconds),
    nodes: Number(values.nodes),
    runtimes: chosen,
    ...(values.head && { faults: HEAD_FAULTS }),
  };
  const report = await runChaos({ ...options, ...(values.quiet ? {} : { log: (text: string) => console.log(text) }) });
  const { rounds, faults, partitions, violations } = report;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} × ${name}`)
      .join(", ");
  console.log(`seed ${seed}: ${violations.length === 0 ? "ok" : `${violations.length} violations`}`);
  console.log(`  faults: ${list(faults)}${partitions === "head" ? " (from the head alone)" : ""}`);
  console.log(`  rounds: ${list(rounds)}`);
  for (const violation of violations.slice(0, SHOWN)) console.log(`  VIOLATION: ${violation}`);
  if (violations.length > SHOWN) console.log(`  and ${violations.length - SHOWN} more`);
  if (violations.length > 0) process.exitCode = 1;
}
