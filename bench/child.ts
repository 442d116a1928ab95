import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface ChildRun {
  /** The value that the program printed as its last line, which is JSON; undefined when it printed none. */
  readonly value: unknown;
  /** How it failed, in a line; undefined when it ended well. */
  readonly failure: string | undefined;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  /** Past it the program is killed. */
  readonly deadlineMs: number;
  /** What runs it; the runtime of this process unless stated. */
  readonly command?: readonly string[];
}

/** The command that runs a module in the runtime of this process. */
export const runtimeCommand: readonly string[] =
  "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-check", "--v8-flags=--expose-gc"] : [process.execPath, "run"];

/** Runs a program of this folder as a process of its own and takes the JSON that it prints last. Never rejects. */
export function runChild(program: string, options: ChildOptions): Promise<ChildRun> {
  const [command = "", ...before] = options.command ?? runtimeCommand;
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(command, [...before, path, ...(options.args ?? [])], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  return new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.deadlineMs);
    const end = (failure: string | undefined): void => {
      clearTimeout(timer);
      resolve({ value: lastJson(output), failure });
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => {
      if (late) end(`not done after ${options.deadlineMs / 1000} s`);
      else if (code === 0) end(undefined);
      else end(`${errorLine(complaint) ?? "no message"} (${signal ?? `exit code ${code}`})`);
    });
  });
}

function lastJson(output: string): unknown {
  try {
    return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
  } catch {
    return undefined;
  }
}

/** The line of a program's complaint that says most: the first that names an error, else the last. */
function errorLine(complaint: string): string | undefined {
  const lines = complaint.split("\n").map((line) => line.trim());
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.findLast((line) => line !== "");
}
