import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MobulaError } from "../../runtime/errors/mod.ts";
import { systemClock } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { NODE_VARIABLE, type ReadyLine } from "../sessions/mod.ts";
import { programs } from "./programs.ts";
import type { NodeOptions } from "./run_node.ts";

/** How long a node may take to be up. Milliseconds. */
const READY_MS = 30_000;
/** Lines of its output that are kept for the error about its end. */
const KEPT_LINES = 50;

export interface NodeProcessOptions extends NodeOptions {
  /** The runtime to run it in. Default: this one's. */
  readonly runtime?: "bun" | "deno";
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the node's: one that gives it a network of its own, for example. */
  readonly within?: readonly string[];
}

/** A node in a process of its own. */
export interface NodeProcess {
  readonly nodeId: string;
  readonly url: string;
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  kill(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** The last lines it wrote. */
  lastLines(): readonly string[];
}

/**
 * Starts a node in a child process, which ends with this one. Resolves when it is up.
 *
 * @throws MobulaError with what it said when it does not come up
 */
export async function startNodeProcess({ runtime, env, within = [], ...options }: NodeProcessOptions): Promise<NodeProcess> {
  const [program, ...args] = [...within, ...platform.commandOf(fileURLToPath(programs.node), runtime)] as [string, ...string[]];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...platform.nodeEnvironment(runtime), ...env, [NODE_VARIABLE]: JSON.stringify(options) },
  });
  const lines: string[] = [];
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? code ?? 0));
  });
  let gone = false;
  const takeBack = platform.onProcessExit(() => child.kill("SIGKILL"));
  void ended.then(() => {
    gone = true;
    takeBack();
  });
  const ready = await readyLine(child, lines, ended);
  return {
    ...ready,
    ended,
    // Deno's own `kill` of a child does nothing any more after its first signal, whichever that was.
    kill: (signal) => {
      if (!gone) platform.signal(ready.pid, signal);
    },
    lastLines: () => lines,
  };
}

async function readyLine(child: ChildProcess, lines: string[], ended: Promise<number | string>): Promise<Exclude<ReadyLine, { error: string }>> {
  const first = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (stream === child.stdout && line.startsWith("{")) first.resolve(line);
        if (lines.push(line) > KEPT_LINES) lines.shift();
      }
    });
    (stream as { unref?(): void } | null)?.unref?.();
  }
  const cancel = systemClock.after(READY_MS, () =>
    first.reject(new MobulaError({ message: `The node did not come up within ${READY_MS / 1000} s.` })),
  );
  void ended.then((how) => first.reject(new MobulaError({ message: `The node ended (${how}) before it was up. It said:\n${lines.join("\n")}` })));
  try {
    const ready = JSON.parse(await first.promise) as ReadyLine;
    if ("error" in ready) throw new MobulaError({ message: ready.error, code: ready.code });
    return ready;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    cancel();
  }
}
