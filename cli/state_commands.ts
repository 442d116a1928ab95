import { type CommandDef, defineCommand } from "citty";
import { clusterFlags, findHead } from "./cluster_flags.ts";
import { nearest, UsageError } from "./flags.ts";
import { cellText, recordsText, tableText } from "./table.ts";
import { bold, print } from "./terminal.ts";

const KINDS = ["nodes", "actors", "tasks", "objects", "workers", "jobs", "placement-groups", "errors", "functions"];
const SUMMARY_KINDS = ["tasks", "actors", "objects"];

const kindFlag = (kinds: readonly string[]) => ({ type: "positional", valueHint: "KIND", required: true, description: kinds.join(", ") }) as const;

/** `mobula list KIND` */
export const list: CommandDef = defineCommand({
  meta: { name: "list", description: "List nodes, actors, tasks and so on" },
  args: {
    kind: kindFlag(KINDS),
    filter: { type: "string", alias: "f", valueHint: "KEY=VALUE", description: "Only rows where that holds, or KEY!=VALUE; may be given again" },
    limit: { type: "string", valueHint: "N", description: "So many rows at most. Default 100" },
    detail: { type: "boolean", description: "Every column" },
    ...clusterFlags,
  },
  async run({ args, rawArgs }) {
    const kind = checkKind(args.kind, KINDS, "list");
    const limit = args.limit === undefined ? undefined : Number(args.limit);
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
      throw new UsageError("--limit must be a whole number, 1 or more", "Try mobula list --help.");
    const filters = valuesOf(rawArgs, ["--filter", "-f"]);
    const { rows, matched, truncated, dropped = 0 } = await findHead(args).ask({ about: "list", kind, filters, limit, detail: args.detail });
    if (args.json) {
      print(JSON.stringify(rows, undefined, 2));
      return;
    }
    print(rows.length === 0 ? `no ${kind}${filters.length === 0 ? "" : " that match"}` : recordsText(rows));
    if (truncated) print(`\n${rows.length} of ${matched} are shown: more with --limit, fewer with --filter.`);
    if (dropped > 0) print(`\n${dropped} older ones have been forgotten.`);
  },
}) as CommandDef;

/** `mobula get KIND ID` */
export const get: CommandDef = defineCommand({
  meta: { name: "get", description: "Show one node, actor, task and so on" },
  args: {
    kind: kindFlag(KINDS),
    id: { type: "positional", valueHint: "ID", required: true, description: "Its id, as mobula list shows it" },
    ...clusterFlags,
  },
  async run({ args }) {
    const kind = checkKind(args.kind, KINDS, "get");
    const row = await findHead(args).ask({ about: "get", kind, id: args.id });
    if (row === null) throw new Error(`there is none of the ${kind} with the id ${args.id}: see mobula list ${kind}`);
    if (args.json) print(JSON.stringify(row, undefined, 2));
    else for (const [key, value] of Object.entries(row)) print(`${bold(key)}: ${cellText(key, value)}`);
  },
}) as CommandDef;

/** `mobula summary KIND` */
export const summary: CommandDef = defineCommand({
  meta: { name: "summary", description: "Count tasks, actors or objects by state" },
  args: { kind: kindFlag(SUMMARY_KINDS), ...clusterFlags },
  async run({ args }) {
    const kind = checkKind(args.kind, SUMMARY_KINDS, "summary");
    const summary = await findHead(args).ask({ about: "summary", kind });
    if (args.json) {
      print(JSON.stringify(summary, undefined, 2));
      return;
    }
    const { total, states, lines, dropped = 0 } = summary;
    print(`${total} ${total === 1 ? kind.slice(0, -1) : kind}${total === 0 ? "" : `: ${countsText(states)}`}`);
    const rows = lines.map(({ name, type, states: of }) => [name, ...(type === undefined ? [] : [type]), countsText(of)]);
    if (rows.length > 0) print(`\n${tableText(kind === "tasks" ? ["NAME", "TYPE", "STATES"] : ["NAME", "STATES"], rows)}`);
    if (dropped > 0) print(`\n${dropped} older ones have been forgotten.`);
  },
}) as CommandDef;

function checkKind(kind: string, kinds: readonly string[], command: string): string {
  const given = kind.replaceAll("_", "-");
  if (kinds.includes(given)) return given;
  const near = nearest(given, kinds);
  throw new UsageError(
    `unknown kind "${kind}"`,
    `${near === undefined ? `There are ${kinds.join(", ")}.` : `Did you mean ${near}?`} Try mobula ${command} --help.`,
  );
}

function countsText(states: Readonly<Record<string, number>>): string {
  return Object.entries(states)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}

/** All values of a flag that may be given again; the parser keeps the last one alone. */
function valuesOf(args: readonly string[], names: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    const name = names.find((each) => arg === each || arg.startsWith(`${each}=`));
    if (name === undefined) return [];
    return arg === name ? (args[i + 1] ?? []) : arg.slice(name.length + 1);
  });
}
