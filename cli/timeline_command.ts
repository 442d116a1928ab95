import { writeFile } from "node:fs/promises";
import { type CommandDef, defineCommand } from "citty";
import { clusterFlags, findHead } from "./cluster_flags.ts";
import { print } from "./terminal.ts";

/** `mobula timeline`: what ran where and when. */
export const timeline: CommandDef = defineCommand({
  meta: { name: "timeline", description: "Write what ran where and when, for chrome://tracing or Perfetto" },
  args: {
    output: { type: "string", alias: "o", valueHint: "FILE", default: "mobula-timeline.json", description: "Where to" },
    ...clusterFlags,
  },
  async run({ args }) {
    const events = JSON.stringify(await findHead(args).ask({ about: "timeline" }));
    if (args.json) {
      print(events);
      return;
    }
    await writeFile(args.output, events);
    print(`${args.output} is written: open it in chrome://tracing or ui.perfetto.dev.`);
  },
}) as CommandDef;
