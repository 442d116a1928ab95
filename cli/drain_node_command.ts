import { type CommandDef, defineCommand } from "citty";
import { clusterFlags, findHead } from "./cluster_flags.ts";
import { UsageError } from "./flags.ts";
import { print } from "./terminal.ts";

/** `mobula drain-node`: takes a node out of use. */
export const drainNode: CommandDef = defineCommand({
  meta: { name: "drain-node", description: "Move a node's work and objects elsewhere, and end it when it is empty" },
  args: {
    "node-id": { type: "string", valueHint: "ID", required: true, description: "The node, as mobula status shows it" },
    reason: { type: "string", valueHint: "TEXT", required: true, description: "Why; it is shown with the node" },
    deadline: { type: "string", valueHint: "SECONDS", description: "End it then, whatever runs there. Default: never" },
    ...clusterFlags,
  },
  async run({ args }) {
    const seconds = args.deadline === undefined ? undefined : Number(args.deadline);
    if (seconds !== undefined && !(seconds >= 0))
      throw new UsageError("--deadline must be a number of seconds, 0 or more", "Try mobula drain-node --help.");
    const deadlineMs = seconds === undefined ? undefined : Date.now() + seconds * 1000;
    const drained = await findHead(args).ask({ about: "drain", nodeId: args["node-id"], reason: args.reason, deadlineMs });
    if (!drained) throw new Error(`no node ${args["node-id"]} is alive: see mobula status`);
    print(
      args.json
        ? JSON.stringify({ nodeId: args["node-id"], draining: true })
        : `Node ${args["node-id"]} gets nothing new. It ends when what runs there is done and what it keeps for others is elsewhere.`,
    );
  },
}) as CommandDef;
