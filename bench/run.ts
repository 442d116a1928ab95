/**
 * The whole suite: what the runtime allows, worker pools and Ray, and Mobula, in one run.
 *
 *   bun bench/run.ts [--rows GLOB] [--quick] [--json] [--runtime bun|deno|both] [--markdown FILE]
 *
 * --rows: only rows that match; `*` and `?`, several patterns with commas.
 * --runtime: the runtime that runs this file unless stated; with --markdown, both.
 * The whole suite takes some 7 minutes in a runtime on an idle machine, without Ray.
 * --markdown: writes the report to FILE, and its short form into README.md between its marks.
 * Ends with 1 when a row fails or miscounts. MOBULA_BENCH_PYTHON names the Python that has Ray.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { controls, formatRow, formatTargets, fullPlan, hasFailed, quickPlan, rows, runSuite, type SuiteReport } from "../cli/microbenchmark/mod.ts";
import { webSocket } from "./controls/mod.ts";
import { describeMachine } from "./machine.ts";
import { renderReport, writeReadme } from "./markdown.ts";
import { besidePools, peers } from "./peers/mod.ts";
import { clusters, processes, recovery, transfers } from "./processes/mod.ts";

const families = [...controls, webSocket, ...peers, ...rows, besidePools, processes, clusters, transfers, recovery];
const runtimes = ["bun", "deno"] as const;
const here = "Deno" in globalThis ? "deno" : "bun";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "*" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    runtime: { type: "string" },
    markdown: { type: "string" },
  },
});

/** Runs this file in the other runtime, shows what it says on the way, and takes its report. */
async function runElsewhere(runtime: string): Promise<SuiteReport> {
  const program = fileURLToPath(new URL(`../node_modules/.bin/${runtime}`, import.meta.url));
  const flags = [...(runtime === "deno" ? ["run", "-A", "--no-check"] : []), fileURLToPath(import.meta.url), "--json"];
  const child = spawn(program, [...flags, "--rows", values.rows, ...(values.quick ? ["--quick"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [report] = output === "" ? [] : (JSON.parse(output) as { reports: SuiteReport[] }).reports;
  if (report === undefined) throw new Error(`${runtime} ended with ${code} and without a report`);
  return report;
}

async function runHere(): Promise<SuiteReport> {
  return await runSuite(families, {
    plan: values.quick ? quickPlan : fullPlan,
    rows: values.rows,
    onRow: (row) => process.stderr.write(`${formatRow(row)}\n`),
  });
}

async function main(): Promise<number> {
  const wanted = values.runtime ?? (values.markdown === undefined ? here : "both");
  const chosen = runtimes.filter((runtime) => wanted === "both" || wanted === runtime);
  if (chosen.length === 0) throw new RangeError(`--runtime is bun, deno or both, not ${wanted}`);
  const reports: SuiteReport[] = [];
  for (const runtime of chosen) {
    if (chosen.length > 1) process.stderr.write(`\n${runtime}\n`);
    reports.push(runtime === here ? await runHere() : await runElsewhere(runtime));
  }
  if (reports.every(({ rows }) => rows.length === 0)) throw new RangeError(`no row matches ${values.rows}`);
  const machine = await describeMachine();
  if (values.json) console.log(JSON.stringify({ machine, reports }, undefined, 2));
  else for (const report of reports) console.log(`\n${report.runtime} ${report.version}\n${formatTargets(report)}`);
  if (values.markdown !== undefined) {
    await writeFile(values.markdown, renderReport(machine, reports));
    await writeReadme(new URL("../README.md", import.meta.url), machine, reports);
  }
  return reports.some(({ rows }) => rows.some(hasFailed)) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 2;
}
