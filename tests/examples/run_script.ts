import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface ScriptRun {
  /** The exit code; `null` when it had to be killed. */
  readonly code: number | null;
  /** What it wrote to both streams. */
  readonly output: string;
  /** False when it did not end by itself before the deadline. */
  readonly ended: boolean;
}

export interface RunOptions {
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 120,000. */
  readonly deadlineMs?: number;
}

/** Runs a script of this repository as a process of its own, in the runtime that runs the test. */
export function runScript(path: string, args: readonly string[] = [], { env = {}, deadlineMs = 120_000 }: RunOptions = {}): Promise<ScriptRun> {
  const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...run, path, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    let ended = true;
    const deadline = setTimeout(() => {
      ended = false;
      child.kill("SIGKILL");
    }, deadlineMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(deadline);
      resolve({ code, output, ended });
    });
  });
}
