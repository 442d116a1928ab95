import { stripVTControlCharacters } from "node:util";
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { platform } from "../runtime/platform/mod.ts";
import { drainNode } from "./drain_node_command.ts";
import { checkFlags, nearest, UsageError } from "./flags.ts";
import { healthCheck } from "./health_check_command.ts";
import { microbenchmark } from "./microbenchmark_command.ts";
import { start } from "./start_command.ts";
import { get, list, summary } from "./state_commands.ts";
import { status } from "./status_command.ts";
import { stop } from "./stop_command.ts";
import { isColourful } from "./terminal.ts";
import { timeline } from "./timeline_command.ts";
import { packageVersion } from "./version.ts";

/** A command's `run` returns its exit code, or nothing for 0. */
const commands: Readonly<Record<string, CommandDef>> = {
  start,
  stop,
  status,
  list,
  get,
  summary,
  timeline,
  "health-check": healthCheck,
  "drain-node": drainNode,
  microbenchmark,
};

const program = defineCommand({
  meta: { name: "mobula", description: "Parallel tasks, actors and shared objects for Bun and Deno" },
  args: {
    help: { type: "boolean", alias: "h", description: "Say what there is; after a command, what it takes" },
    version: { type: "boolean", alias: "v", description: "Print the version" },
  },
  subCommands: commands,
}) as CommandDef;

/** Runs the command that the arguments name and returns the exit code: 0, 1 for a failure, 2 for a wrong command line. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (!isUsageError(error)) {
      platform.print("stderr", `mobula: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
    platform.print("stderr", `mobula: ${stripVTControlCharacters(error.message)}`);
    platform.print("stderr", error instanceof UsageError ? error.hint : "Try --help.");
    return 2;
  }
}

async function run([name = "", ...rest]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "-h") return await printUsage(program);
  if (name === "--version" || name === "-v") {
    platform.print("stdout", await packageVersion());
    return 0;
  }
  if (name === "") throw new UsageError("no command", "Try mobula --help.");
  if (name.startsWith("-")) checkFlags([name], program, "mobula");
  const command = commands[name];
  if (command === undefined) {
    const near = nearest(name, Object.keys(commands));
    throw new UsageError(`unknown command "${name}"`, `${near === undefined ? "" : `Did you mean ${near}? `}Try mobula --help.`);
  }
  if (rest.includes("--help") || rest.includes("-h")) return await printUsage(command, program);
  checkFlags(rest, command, `mobula ${name}`);
  const { result } = await runCommand(command, { rawArgs: rest });
  return typeof result === "number" ? result : 0;
}

async function printUsage(command: CommandDef, parent?: CommandDef): Promise<number> {
  const usage = await renderUsage(command, parent);
  platform.print("stdout", isColourful() ? usage : stripVTControlCharacters(usage));
  return 0;
}

function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
}
