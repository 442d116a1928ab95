import { type CommandDef, defineCommand } from "citty";
import { isHealthy } from "../actors/sessions/mod.ts";
import { clusterFlags, findHead } from "./cluster_flags.ts";
import { print } from "./terminal.ts";

/** `mobula health-check`: for probes. */
export const healthCheck: CommandDef = defineCommand({
  meta: { name: "health-check", description: "Exit with 0 if the cluster's head answers, and with 1 if not" },
  args: clusterFlags,
  async run({ args }) {
    const { url, token, ask } = findHead(args);
    // With a token the control store is asked; without one, whoever listens.
    const healthy = token === undefined ? await isHealthy(url) : (await ask({ about: "status" })).nodes.some(({ head }) => head);
    print(args.json ? JSON.stringify({ address: url, healthy }) : `${url} is ${healthy ? "up" : "not up"}.`);
    return healthy ? 0 : 1;
  },
}) as CommandDef;
