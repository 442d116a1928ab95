/**
 * Runs the test files in Bun and in Deno, each file in a process of its own; those of tests/tooling in Bun alone, as they are
 * of the scripts and of the package, and start both runtimes themselves.
 *
 *   bun scripts/test.ts [--runtime bun|deno|both] [--jobs N] [--deadline SECONDS] [--root DIR]
 *                       [--failed-checks N] [FILTER…]
 *
 * FILTER: a part of a file's path; a file that has any of them runs. Prints one line per file and runtime, the whole
 * output of those that failed, and last `N passed, N failed`, counting cases over both runtimes. A file fails when a
 * case does, and when it runs no case, ends in an error, leaves processes behind or is not done by its deadline.
 * --jobs: files at a time; one more than there are cores unless stated, as most of them wait. Those that do little for
 * minutes run beside them from the beginning, one at a time.
 * --failed-checks: failures before this run that its last line is to count too.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { listFiles } from "./lib/files.ts";
import { addCounts, type Counts, countCases, noCounts } from "./lib/junit.ts";
import { root as repository } from "./lib/report.ts";
import { run } from "./lib/run.ts";
import { type Runtime, runtimes, toolPath } from "./lib/runtime.ts";

interface Options {
  readonly root: string;
  readonly jobs: number;
  readonly deadlineMs: number;
}

interface Job {
  readonly runtime: Runtime;
  readonly file: string;
}

interface Outcome extends Counts {
  /** Why the file failed as a whole, where that is not a case's own failure. */
  readonly trouble: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

const runsIn = (file: string, runtime: Runtime): boolean => runtime === "bun" || !file.startsWith("tests/tooling/");

/** They do little for minutes. */
const isPatient = ({ file }: Job): boolean => file.startsWith("tests/soak/");

function commandLine({ runtime, file }: Job, reportPath: string): string[] {
  return runtime === "bun"
    ? ["test", `./${file}`, "--reporter=junit", `--reporter-outfile=${reportPath}`]
    : ["test", "-A", "--no-check", `--junit-path=${reportPath}`, file];
}

async function runFile(job: Job, reportPath: string, { root, deadlineMs }: Options): Promise<Outcome> {
  const result = await run(toolPath(job.runtime), commandLine(job, reportPath), {
    cwd: root,
    deadlineMs,
    env: { NO_COLOR: "1" },
  });
  const xml = await readFile(reportPath, "utf8").catch(() => "");
  const counts = countCases(xml);
  const trouble: string[] = [];
  if (result.timedOut) trouble.push(`timed out after ${deadlineMs / 1000} s`);
  else if (result.code !== 0 && counts.failed === 0) trouble.push(`ended with exit code ${result.code}`);
  else if (counts.passed + counts.failed + counts.skipped === 0) trouble.push("ran no test");
  if (result.leftBehind.length > 0) trouble.push(`left processes behind: ${result.leftBehind.join("; ")}`);
  const failed = counts.failed + (trouble.length > 0 ? 1 : 0);
  return { ...counts, failed, trouble, output: result.output, seconds: result.seconds };
}

function describeOutcome({ runtime, file }: Job, outcome: Outcome): string {
  const { passed, failed, skipped, trouble, output, seconds } = outcome;
  const counts = [`${passed} passed`, failed > 0 ? `${failed} failed` : "", skipped > 0 ? `${skipped} skipped` : ""];
  const summary = counts.filter((part) => part !== "").join(", ");
  const line = `${failed > 0 ? "FAIL" : "ok  "} ${runtime.padEnd(4)} ${file}: ${summary}, ${seconds.toFixed(1)} s`;
  if (failed === 0) return line;
  const indented = output.trimEnd().replaceAll(/^/gm, "    ");
  return [line, indented, ...trouble.map((each) => `    ${file} in ${runtime}: ${each}`)].join("\n");
}

async function runAll(jobs: readonly Job[], options: Options): Promise<Counts> {
  const reports = await mkdtemp(join(tmpdir(), "mobula-test-"));
  let total = noCounts;
  const numbered = [...jobs.entries()];
  const patient = numbered.filter(([, job]) => isPatient(job)).values();
  const others = numbered.filter(([, job]) => !isPatient(job)).values();
  const lane = async (queue: Iterable<[number, Job]>): Promise<void> => {
    // All lanes of a queue take from the one iterator, so each job runs once.
    for (const [index, job] of queue) {
      const outcome = await runFile(job, join(reports, `${index}.xml`), options);
      console.log(describeOutcome(job, outcome));
      total = addCounts(total, outcome);
    }
  };
  try {
    await Promise.all([lane(patient), ...Array.from({ length: options.jobs }, () => lane(others))]);
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
  return total;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runtime: { type: "string", default: "both" },
      jobs: { type: "string", default: String(availableParallelism() + 1) },
      deadline: { type: "string", default: "240" },
      root: { type: "string", default: repository },
      "failed-checks": { type: "string", default: "0" },
    },
  });
  const chosen = runtimes.filter((runtime) => values.runtime === "both" || values.runtime === runtime);
  if (chosen.length === 0) throw new RangeError(`--runtime is bun, deno or both, not ${values.runtime}`);
  const options = { root: resolve(values.root), jobs: Number(values.jobs), deadlineMs: Number(values.deadline) * 1000 };
  if (!(options.jobs >= 1 && options.deadlineMs > 0)) throw new RangeError("--jobs and --deadline are positive numbers");

  const files = (await listFiles(options.root, "tests")).filter(
    (file) => file.endsWith(".test.ts") && (positionals.length === 0 || positionals.some((part) => file.includes(part))),
  );
  if (files.length === 0) console.log("no test file matches");
  const jobs = files.flatMap((file) => chosen.filter((runtime) => runsIn(file, runtime)).map((runtime): Job => ({ runtime, file })));
  const { passed, failed, skipped } = addCounts(await runAll(jobs, options), {
    ...noCounts,
    failed: Number(values["failed-checks"]),
  });
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
