import { spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { headOf } from "../../actors/sessions/mod.ts";
import { init, shutdown } from "../../mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { Cluster } from "../../testing/mod.ts";
import { atRest } from "../chaos/at_rest.ts";
import { liveTimers } from "./live_timers.ts";
import { mixedLoad } from "./load.ts";
import { type Allowance, growth, type Sample, vitalsOf } from "./vitals.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** Between two cycles of the load; none unless stated. */
  readonly pauseMs?: number;
  /** Between two visits of other drivers. */
  readonly visitEveryMs: number;
  /** How long is worked between two samples. */
  readonly sampleEveryMs: number;
  /** How long nothing is done before a sample, so that it is of what is kept: an engine gives back what it is done with when it has the time. */
  readonly restMs: number;
  /** What may have grown; not looked at unless stated. */
  readonly allowance?: Allowance;
  log?(text: string): void;
}

export interface SoakReport {
  readonly cycles: number;
  readonly visits: number;
  readonly samples: readonly Sample[];
  /** What has grown, what is left, what has failed. */
  readonly violations: readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
const REST_MS = 20_000;
const VISIT_MS = 60_000;

/** Mixed load on a cluster of both runtimes for so long, while other drivers come and go, or are killed. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const log = options.log ?? ((): void => {});
  const samples: Sample[] = [];
  const violations: string[] = [];
  const began = performance.now();
  const ends = began + options.seconds * 1_000;
  const other = "Deno" in globalThis ? "bun" : "deno";
  await using cluster = await Cluster.start({ head: { numCpus: 0 } });
  const nodes = [await cluster.addNode({ numCpus: 2 }), await cluster.addNode({ numCpus: 2, runtime: other })];
  const ask = headOf({ url: cluster.address, token: cluster.token });
  const watched = new Map([
    ["driver", process.pid],
    ["head", cluster.head.pid],
    ...nodes.map(({ pid }, index) => [`node ${index + 1}`, pid] as const),
  ]);
  await init({ address: cluster.address, token: cluster.token, logToDriver: false });
  const failed = (error: unknown): void => {
    violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    log(violations.at(-1) as string);
  };

  let cycles = 0;
  const load = async (until: number): Promise<void> => {
    for (; performance.now() < until; cycles++) {
      await mixedLoad(String(cycles), { processes: cycles % 10 === 0, defines: cycles % 10 === 5 }).catch(failed);
      if (options.pauseMs !== undefined) await sleep(options.pauseMs);
    }
  };
  let visits = 0;
  const receive = async (until: number): Promise<void> => {
    for (; performance.now() < until; visits++) {
      await visit(visits % 2 === 1, { MOBULA_ADDRESS: cluster.address, MOBULA_TOKEN: cluster.token }).catch(failed);
      await sleep(Math.max(0, Math.min(options.visitEveryMs, until - performance.now())));
    }
  };
  const sample = (): void => {
    platform.collectGarbage();
    const line: string[] = [];
    for (const [name, pid] of watched) {
      const seen = vitalsOf(pid);
      if (seen === undefined) continue;
      const vitals = pid === process.pid ? { ...seen, timers: liveTimers() } : seen;
      samples.push({ atMs: performance.now() - began, name, vitals });
      line.push(
        `${name} ${vitals.rssMib.toFixed(0)} MiB, ${vitals.files} files, ${vitals.threads} threads, ${vitals.children} children${vitals.timers === undefined ? "" : `, ${vitals.timers} timers`}`,
      );
    }
    log(`${((performance.now() - began) / 1_000).toFixed(0)} s, ${cycles} cycles, ${visits} visits: ${line.join("; ")}`);
  };
  try {
    while (performance.now() < ends) {
      const until = Math.min(ends, performance.now() + options.sampleEveryMs);
      await Promise.all([load(until), receive(until)]);
      await sleep(options.restMs);
      sample();
    }
    if (options.allowance !== undefined) violations.push(...growth(samples, options.allowance));
    violations.push(...(await atRest(ask, REST_MS)));
  } finally {
    await shutdown();
  }
  return { cycles, visits, samples, violations };
}

/** Another driver, of a process of its own, that leaves or is killed. */
async function visit(isKilled: boolean, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [...run, "tests/soak/visiting_driver.ts", ...(isKilled ? ["stay"] : [])], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  const ended = new Promise<number | string | null>((resolve) => void child.once("exit", (code, signal) => resolve(signal ?? code)));
  const done = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output.push(text);
        if (text.includes("done")) resolve();
      });
    }
  });
  const late = setTimeout(() => child.kill("SIGKILL"), VISIT_MS);
  await Promise.race([done, ended]);
  if (isKilled) child.kill("SIGKILL");
  const how = await ended;
  clearTimeout(late);
  if (isKilled ? !output.join("").includes("done") : how !== 0)
    throw new Error(`a visiting driver ended with ${how}: ${output.join("").slice(-2_000)}`);
}
