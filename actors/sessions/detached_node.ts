import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MobulaError } from "../../runtime/errors/mod.ts";
import { systemClock } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import type { NodeOptions } from "../driver/mod.ts";
import { NODE_VARIABLE, type ReadyLine } from "./ready_line.ts";
import { TOKEN_VARIABLE } from "./token_file.ts";

/** How long a node may take to be up, and how often it is looked whether it is. Milliseconds. */
const READY_MS = 30_000;
const LOOK_EVERY_MS = 3;

/** A node that goes on when the process that started it has ended. */
export type DetachedNode = Exclude<ReadyLine, { error: string }>;

// Compiled or not, the program ends as this file does.
const program = new URL(`../../boot/node${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);

/**
 * Starts a node as a process with a session of its own: no terminal that closes takes it along. What it prints goes to
 * the log file, which is made. Resolves when the node is up.
 *
 * @throws MobulaError with what it said when it does not come up
 */
export async function startDetachedNode(options: NodeOptions, logFile: string): Promise<DetachedNode> {
  const [command, ...args] = platform.commandOf(fileURLToPath(program)) as [string, ...string[]];
  const log = openSync(logFile, "ax", 0o600);
  const { [TOKEN_VARIABLE]: _inOptions, ...env } = platform.nodeEnvironment();
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...env, [NODE_VARIABLE]: JSON.stringify(options) },
  });
  closeSync(log);
  let end: string | undefined;
  child.once("error", (error) => (end = error.message));
  child.once("exit", (code, signal) => (end = `with ${signal ?? `exit code ${code}`}`));
  child.unref();
  for (const deadline = systemClock.now() + READY_MS; ; await new Promise<void>((resolve) => void systemClock.after(LOOK_EVERY_MS, resolve))) {
    // Read before the log is: what it said before its end is there then.
    const ended = end;
    const ready = readyLine(logFile);
    if (ready !== undefined && "error" in ready) throw new MobulaError({ message: ready.error, code: ready.code });
    if (ready !== undefined) return ready;
    if (ended !== undefined) throw new MobulaError({ message: `The node ended ${ended} before it was up. Its log is ${logFile}.` });
    if (systemClock.now() < deadline) continue;
    child.kill("SIGKILL");
    throw new MobulaError({ message: `The node did not come up within ${READY_MS / 1000} s. Its log is ${logFile}.` });
  }
}

function readyLine(logFile: string): ReadyLine | undefined {
  const lines = readFileSync(logFile, "utf8").split("\n").slice(0, -1);
  const line = lines.find((each) => each.startsWith('{"nodeId":') || each.startsWith('{"error":'));
  return line === undefined ? undefined : (JSON.parse(line) as ReadyLine);
}
