import { type CommandDef, defineCommand } from "citty";
import { platform } from "../runtime/platform/mod.ts";

const args = {
  rows: {
    type: "string",
    valueHint: "GLOB",
    description: 'Only the rows that match, such as "*tasks*"; several with commas',
  },
  quick: { type: "boolean", description: "A short run that shows that everything works; its figures say little" },
  json: { type: "boolean", description: "Print the report as JSON" },
} as const;

/** `mobula microbenchmark`: the rows of Ray's microbenchmark, beside what the runtime allows. */
export const microbenchmark: CommandDef = defineCommand({
  meta: { name: "microbenchmark", description: "Measure tasks, actors and objects on this machine" },
  args,
  async run({ args }) {
    const suite = await import("./microbenchmark/mod.ts");
    const print = (line: string): void => platform.print("stdout", line);
    const report = await suite.runSuite([...suite.controls, ...suite.rows], {
      plan: args.quick ? suite.quickPlan : suite.fullPlan,
      ...(args.rows === undefined ? {} : { rows: args.rows }),
      onRow: (row) => args.json || print(suite.formatRow(row)),
    });
    print(args.json ? JSON.stringify(report, undefined, 2) : `\n${suite.formatTargets(report)}`);
    if (report.rows.length === 0) throw new Error(`no row matches ${args.rows}`);
    return report.rows.some(suite.hasFailed) ? 1 : 0;
  },
}) as CommandDef;
