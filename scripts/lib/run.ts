import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface RunOptions {
  readonly cwd: string;
  /** Past it the command's whole process group is killed. */
  readonly deadlineMs: number;
  /** Added to this process's own environment. */
  readonly env?: Record<string, string>;
}

export interface RunResult {
  /** The exit status; null when a signal or the deadline ended it. */
  readonly code: number | null;
  readonly timedOut: boolean;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly seconds: number;
  /** Command lines of processes that the command left running; they are killed before this is returned. */
  readonly leftBehind: readonly string[];
}

const running = new Set<number>();

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(130);
  });
}

/** The living members of a process group; none where /proc does not tell (macOS, Windows). */
async function groupMembers(group: number): Promise<string[]> {
  const members: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // pid (name) state ppid pgrp …; the name may hold spaces and brackets.
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (processGroup !== String(group) || state === "Z") continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    members.push(`${pid} ${command.replaceAll("\0", " ").trim()}`);
  }
  return members;
}

/** Processes that are still there after a moment of grace: a child told to stop may need a few turns to end. */
async function stragglers(group: number, graceMs: number): Promise<string[]> {
  const until = performance.now() + graceMs;
  for (;;) {
    const members = await groupMembers(group);
    if (members.length === 0 || performance.now() > until) return members;
    await delay(50);
  }
}

/** Runs a command in a process group of its own and takes all that it prints. Never rejects: a failure to start is output. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const begun = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  const chunks: Uint8Array[] = [];
  const pipes = [child.stdout, child.stderr];
  for (const pipe of pipes) pipe.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  const ends = Promise.all(pipes.map((pipe) => new Promise((resolve) => pipe.once("close", resolve))));

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) killGroup(pid);
  }, options.deadlineMs);
  let failure = "";
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      failure = String(error);
      resolve(null);
    });
    // Not "close": that waits for every process which inherited the pipes.
    child.on("exit", resolve);
  });
  clearTimeout(timer);

  const leftBehind = pid === undefined || timedOut ? [] : await stragglers(pid, 2_000);
  if (pid !== undefined) {
    killGroup(pid);
    running.delete(pid);
  }
  // A daemon that left the group may hold the pipes open: do not wait for it.
  await Promise.race([ends, delay(500, undefined, { ref: false })]);
  for (const pipe of pipes) pipe.destroy();
  const output = Buffer.concat(chunks).toString() + failure;
  return { code, timedOut, output, seconds: (performance.now() - begun) / 1000, leftBehind };
}
