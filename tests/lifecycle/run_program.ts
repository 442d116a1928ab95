import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { waitForCondition } from "../../testing/mod.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface ProgramRun {
  /** Its exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the line `ready`, or its start, to its end. */
  readonly ms: number;
  /** What it has left in its temporary folder. */
  readonly leftFiles: readonly string[];
  /** Whether processes that it started, directly or not, go on without it. */
  readonly orphans: readonly number[];
}

export interface ProgramOptions {
  /** Sent once it has printed the line `ready`. */
  signal?: "SIGINT" | "SIGTERM";
  env?: Record<string, string>;
  deadlineMs?: number;
}

const inDeno = "Deno" in globalThis;

/**
 * Runs a program, in which `ray` is Mobula, as a process of its own in the runtime that runs the test. Its temporary
 * folder is its own.
 */
export async function runProgram(source: string, options: ProgramOptions = {}): Promise<ProgramRun> {
  const folder = mkdtempSync(join(tmpdir(), "mobula-program-"));
  const temporary = join(folder, "tmp-");
  const own = mkdtempSync(temporary);
  const file = join(folder, "program.ts");
  const mark = randomUUID();
  writeFileSync(
    file,
    `import process from "node:process";\nimport * as ray from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};\n${source}`,
  );
  const args = inDeno ? ["run", "-A", "--no-check", "--config", join(root, "deno.json"), file] : [file];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", TMPDIR: own, MOBULA_TEST_MARK: mark, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let began = performance.now();
  let signalled = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (signalled || !/^ready$/m.test(stdout)) return;
    signalled = true;
    began = performance.now();
    // Not `child.kill`: Deno reports the end by that signal then, whatever the code was.
    if (options.signal !== undefined) process.kill(child.pid as number, options.signal);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const deadline = setTimeout(() => child.kill("SIGKILL"), options.deadlineMs ?? 20_000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(deadline);
  const ms = performance.now() - began;
  // A child that is told of the end by its broken link needs a moment for it.
  await waitForCondition(() => marked(mark).length === 0, { timeoutMs: 5_000, intervalMs: 20 }).catch(() => {});
  const run = { code, stdout, stderr, ms, leftFiles: readdirSync(own), orphans: marked(mark) };
  rmSync(folder, { recursive: true, force: true });
  return run;
}

/** The processes with this mark in their environment. */
function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}
