/**
 * Works a cluster for a long time with everything that there is, and looks whether anything grows: memory, files and
 * sockets, threads and child processes of its nodes and of this driver, and what the control store and the object managers
 * keep when nothing runs any more.
 *
 *   bun scripts/soak.ts [--minutes N]
 *
 * Ends with 1 when something has grown, failed or is left.
 */
import { parseArgs } from "node:util";
import { soak } from "../tests/soak/run.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" } } });
const seconds = Number(values.minutes) * 60;

const report = await soak({
  seconds,
  visitEveryMs: 5_000,
  sampleEveryMs: Math.max(5_000, seconds * 25),
  // Idle workers end in 3 s, and an engine gives back within some more what it is done with.
  restMs: 15_000,
  allowance: { rssMib: 40, files: 4, threads: 4, children: 1, timers: 4 },
  log: (text) => console.log(text),
});
console.log(`${report.cycles} cycles, ${report.visits} other drivers: ${report.violations.length === 0 ? "nothing has grown" : "NOT FLAT"}`);
for (const violation of report.violations.slice(0, 30)) console.log(`  ${violation}`);
if (report.violations.length > 0) process.exitCode = 1;
