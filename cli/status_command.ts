import { type CommandDef, defineCommand } from "citty";
import { clusterFlags, findHead } from "./cluster_flags.ts";
import { statusText, totalsOf } from "./status_text.ts";
import { print } from "./terminal.ts";

/** `mobula status`: nodes, resources, and what waits for them. */
export const status: CommandDef = defineCommand({
  meta: { name: "status", description: "Show the nodes, what they have and use, and what waits and why" },
  args: clusterFlags,
  async run({ args }) {
    const { url, ask } = findHead(args);
    const cluster = await ask({ about: "status" });
    print(args.json ? JSON.stringify({ address: url, ...cluster, ...totalsOf(cluster.nodes) }, undefined, 2) : statusText(url, cluster));
  },
}) as CommandDef;
