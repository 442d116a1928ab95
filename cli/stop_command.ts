import { setTimeout as delay } from "node:timers/promises";
import { type CommandDef, defineCommand } from "citty";
import { closeSession, isRunning, listSessions } from "../actors/sessions/mod.ts";
import { platform } from "../runtime/platform/mod.ts";
import { clusterFlags, findHead, useTempDir } from "./cluster_flags.ts";
import { UsageError } from "./flags.ts";
import { print } from "./terminal.ts";

const LOOK_EVERY_MS = 10;
/** How long a process may take to be gone that can't refuse. */
const KILL_MS = 5_000;

type Started = ReturnType<typeof listSessions>[number];

/** `mobula stop`: ends the nodes that were started on this machine, or a whole cluster. */
export const stop: CommandDef = defineCommand({
  meta: { name: "stop", description: "End the nodes that were started on this machine" },
  args: {
    all: { type: "boolean", description: "End the whole cluster, on all machines" },
    force: { type: "boolean", alias: "f", description: "Do not let them end in good order" },
    "grace-period": { type: "string", alias: "g", valueHint: "SECONDS", default: "10", description: "How long they may take before they are killed" },
    ...clusterFlags,
  },
  async run({ args }) {
    const graceMs = Number(args["grace-period"]) * 1000;
    if (!(graceMs >= 0)) throw new UsageError("--grace-period must be a number of seconds, 0 or more", "Try mobula stop --help.");
    useTempDir(args["temp-dir"]);
    const here = listSessions();
    const elsewhere = args.all ? await stopCluster(args, here) : 0;
    const ask = args.all ? ("nothing" as const) : args.force ? ("SIGKILL" as const) : ("SIGTERM" as const);
    // The head last: nodes tell it that they leave.
    const nodes = await Promise.all(here.filter(({ session }) => !session.head).map((node) => end(node, { ask, graceMs })));
    const heads = await Promise.all(here.filter(({ session }) => session.head).map((head) => end(head, { ask, graceMs })));
    const killed = [...nodes, ...heads].filter((how) => how === "killed").length;
    const stopped = here.length + elsewhere;
    if (args.json) print(JSON.stringify({ stopped, killed }));
    else if (stopped === 0) print("No node was running here.");
    else print(`Stopped ${stopped} node${stopped === 1 ? "" : "s"}${killed === 0 ? "" : `, ${killed} by force`}.`);
  },
}) as CommandDef;

/** Tells the head to end everything. Returns how many nodes it has that were not started on this machine. */
async function stopCluster(args: Parameters<typeof findHead>[0], here: readonly Started[]): Promise<number> {
  const { ask } = findHead(args);
  const { nodes } = await ask({ about: "status" });
  await ask({ about: "stop" });
  const known = new Set(here.map(({ session }) => session.nodeId));
  return nodes.filter(({ driver, nodeId }) => !driver && !known.has(nodeId)).length;
}

async function end(
  { folder, session }: Started,
  { ask, graceMs }: { ask: "SIGTERM" | "SIGKILL" | "nothing"; graceMs: number },
): Promise<"ended" | "killed"> {
  if (ask !== "nothing") platform.signal(session.pid, ask);
  let how: "ended" | "killed" = ask === "SIGKILL" ? "killed" : "ended";
  if (!(await isGone(session, how === "killed" ? KILL_MS : graceMs))) {
    how = "killed";
    platform.signal(session.pid, "SIGKILL");
    if (!(await isGone(session, KILL_MS))) throw new Error(`node ${session.nodeId} (pid ${session.pid}) does not end`);
  }
  closeSession(folder);
  return how;
}

async function isGone(session: Started["session"], withinMs: number): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; isRunning(session); await delay(LOOK_EVERY_MS)) {
    if (performance.now() >= deadline) return false;
  }
  return true;
}
