import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { init, shutdown } from "../../mod.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { atRest } from "./at_rest.ts";
import { ChaosCluster, type Runtime } from "./chaos_cluster.ts";
import { type Fault, Injector } from "./injector.ts";
import { bounded } from "./watchdog.ts";
import { onceOnly, type Round, ranTwice, WORKLOADS, type Workload } from "./workloads/mod.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  /** What its nodes run in, in turns. */
  readonly runtimes: readonly Runtime[];
  readonly nodes?: number;
  readonly cpusPerNode?: number;
  /** What may happen. Default: all but what happens to the head. */
  readonly faults?: readonly Fault[];
  /** Whether all workloads first come to their results while nothing goes wrong. Default: true. */
  readonly quietRound?: boolean;
  log?(text: string): void;
}

export interface ChaosReport {
  /** Rounds of each workload that came to the right results while things went wrong. */
  readonly rounds: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** How nodes were cut off: from all others, or from the head alone. */
  readonly partitions: "whole" | "head";
  /** What must never be. */
  readonly violations: readonly string[];
}

export const NODE_FAULTS: readonly Fault[] = ["kill", "freeze", "freeze long", "cut off", "cut off long", "kill a worker", "add"];
export const HEAD_FAULTS: readonly Fault[] = [...NODE_FAULTS, "kill the head"];

/** How long a round may take, whatever happens to it. */
const ROUND_MS = 60_000;
/** How long it may take until nothing is left of what has run. */
const REST_MS = 15_000;

/**
 * Runs all workloads over and over on a cluster to whose nodes all that can happen does, and holds their results against
 * those that one thread comes to in peace. In the end everything has to be as if nothing had ever run.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, seconds, runtimes, nodes = 3, cpusPerNode = 2, faults = NODE_FAULTS } = options;
  const began = performance.now();
  const log = (text: string): void => options.log?.(`${((performance.now() - began) / 1_000).toFixed(2).padStart(7)} s  ${text}`);
  const violations: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "mobula-chaos-"));
  writeFileSync(join(folder, "once"), "");
  const storage = faults.includes("kill the head") ? { storage: `sqlite:${join(folder, "head.db")}` } : {};
  const cluster = await ChaosCluster.start({ runtimes, cpusPerNode, ...storage });
  const { ask } = cluster;
  try {
    await Promise.all(Array.from({ length: nodes }, () => cluster.add()));
    await init({ address: cluster.address, token: cluster.token });
    log(`${nodes} nodes are up`);

    const roundOf = (round: number, deadly: boolean): Round => ({ seed, round, run: String(seed), deadly, timeoutMs: ROUND_MS, folder });
    const runOne = async ({ name, run, expected }: Workload, round: Round): Promise<void> => {
      const result = await bounded(`round ${round.round} of the ${name}`, run(round), { ms: 1.2 * ROUND_MS, ask });
      const right = expected(round);
      if (String(result) !== String(right)) violations.push(`round ${round.round} of the ${name} came to ${result}, and should come to ${right}`);
    };
    if (options.quietRound !== false) {
      await Promise.all(WORKLOADS.map((workload) => runOne(workload, roundOf(0, false))));
      violations.push(...(await onceOnly(roundOf(0, false))));
      log("the quiet round is done");
    }

    const injector = new Injector({
      cluster,
      random: SeededRandom.of(seed, "faults"),
      nodes,
      atLeast: 1,
      pauseMs: 700,
      faults,
      log,
    });
    const ends = performance.now() + seconds * 1_000;
    const rounds: Record<string, number> = {};
    const over = async (name: string, one: (round: Round) => Promise<void>): Promise<void> => {
      for (let round = 1; performance.now() < ends; round++) {
        try {
          await one(roundOf(round, true));
          rounds[name] = round;
        } catch (error) {
          violations.push(`round ${round} of ${name} has failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
          log(violations.at(-1) as string);
        }
      }
    };
    const injecting = injector.run();
    const working = Promise.all([
      ...WORKLOADS.map((workload) => over(workload.name, (round) => runOne(workload, round))),
      over("once only", async (round) => {
        violations.push(...(await bounded("what runs once only", onceOnly(round), { ms: 2 * ROUND_MS, ask })));
      }),
    ]);
    await sleep(seconds * 1_000);
    await injector.stop();
    log("no more faults");
    await injecting;
    await working;
    log("all rounds are done");

    violations.push(...injector.violations);
    violations.push(...ranTwice(readFileSync(join(folder, "once"), "utf8").split("\n")).map((name) => `${name} may run once, and ran again`));
    violations.push(...(await atRest(ask, REST_MS)));
    violations.push(...cluster.orphans().map((pid) => `process ${pid} has outlived the node that started it`));
    return { rounds, faults: Object.fromEntries(injector.counts), partitions: cluster.partitions, violations };
  } finally {
    await shutdown();
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}
