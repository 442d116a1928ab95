import { describe, expect, test } from "bun:test";
import process from "node:process";
import { type ProgramRun, runProgram } from "../lifecycle/run_program.ts";

const MIB = 2 ** 20;

/** A program whose tasks `grow` by so many MiB and stay so; the node may have 700 MiB more than it begins with. */
async function run(body: string): Promise<ProgramRun> {
  const source = `
    import { readFileSync } from "node:fs";
    const base = Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
    process.env.MOBULA_MEMORY_LIMIT_BYTES ??= String(base + ${700 * MIB});
    process.env.MOBULA_MEMORY_MONITOR_REFRESH_MS ??= "50";
    await ray.init({ numCpus: 2, isolation: "process", logToDriver: false });
    const grow = async (mib, mark) => {
      const { appendFileSync } = await import("node:fs");
      if (mark) appendFileSync(mark, "x");
      console.log("growing to " + mib);
      globalThis.kept = Array.from({ length: mib }, () => new Uint8Array(${MIB}).fill(1));
      await new Promise(() => {});
    };
    const out = (value) => console.log(JSON.stringify(value));
    ${body}
    await ray.shutdown();
  `;
  const run = await runProgram(source, { deadlineMs: 40_000 });
  if (run.code !== 0) throw new Error(`the program ended with ${run.code}:\n${run.stdout}\n${run.stderr}`);
  return run;
}

describe.skipIf(process.platform !== "linux")("a node that runs short of memory", () => {
  test("ends the task that really takes it, tries it again as often as it may, and then says so; the node lives on", async () => {
    const { stdout } = await run(`
      const mark = process.env.TMPDIR + "/runs";
      const task = ray.remote(grow, { maxRetries: 1 });
      const error = await ray.get(task.remote(1500, mark)).catch((thrown) => thrown);
      const { code, message, functionName, usedBytes, limitBytes, death } = error;
      out({ code, message, functionName, usedBytes, limitBytes, cause: death.cause, runs: readFileSync(mark, "utf8").length });
      out(await ray.get(ray.remote(() => "alive").remote()));
      (await import("node:fs")).rmSync(mark);
    `);
    const [told = "", after] = stdout.trim().split("\n");
    const error = JSON.parse(told);
    expect(error).toMatchObject({ code: "OUT_OF_MEMORY", functionName: "grow", cause: "out-of-memory", runs: 2 });
    expect(error.usedBytes).toBeGreaterThan(error.limitBytes * 0.95);
    expect(error.message).toMatch(/The memory monitor of node \S+ ended it: \S+ MiB of \S+ MiB memory were in use, over the threshold of 95 %/);
    expect(error.message).toContain('It was running task "grow"');
    expect(error.message).toContain("Last log lines:\n  growing to 1500");
    expect(after).toBe('"alive"');
  }, 60_000);

  test("spares what may not be tried again: an older task that may makes room for it, as often as it has to", async () => {
    const { stdout } = await run(`
      const { existsSync, rmSync } = await import("node:fs");
      const mark = process.env.TMPDIR + "/runs";
      const first = ray.remote(grow, { maxRetries: -1 }).remote(300, mark);
      while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
      const once = ray.remote(async (mark) => {
        const { readFileSync } = await import("node:fs");
        globalThis.kept = Array.from({ length: 300 }, () => new Uint8Array(${MIB}).fill(1));
        while (readFileSync(mark, "utf8").length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
        return "done";
      }, { maxRetries: 0 });
      out(await ray.get(once.remote(mark)));
      ray.cancel(first, { force: true });
      out(await ray.get(first).catch(({ code }) => code));
      rmSync(mark);
    `);
    expect(stdout.trim().split("\n")).toEqual(['"done"', '"TASK_CANCELLED"']);
  }, 60_000);
});
