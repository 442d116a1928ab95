import { platform } from "../runtime/platform/mod.ts";

/** A node that is up. */
export interface StartedNode {
  readonly nodeId: string;
  readonly pid: number;
  /** Where it listens. */
  readonly url: string;
  /** Where the head listens. */
  readonly address: string;
  readonly head: boolean;
  readonly tokenFile?: string | undefined;
  readonly logFile?: string;
}

const RUN = { bun: "bun script.ts", deno: "deno run -A script.ts" } as const;

/** What `mobula start` says: how others join, and how a driver connects. */
export function readyText({ nodeId, pid, url, address, head, tokenFile, logFile }: StartedNode): string {
  const at = address.replace(/^ws:\/\//, "").replace(/\/$/, "");
  const end = `${logFile === undefined ? "" : `Its log is ${logFile}. `}End it with mobula stop.`;
  if (!head) return `Node ${nodeId} (pid ${pid}) has joined ${at} and listens at ${url}.\n${end}`;
  const file = tokenFile === undefined ? undefined : shellText(tokenFile);
  const { hostname } = new URL(url);
  const elsewhere = /^(127\.|localhost$|\[::1\]$)/.test(hostname)
    ? "It listens for this machine alone: start it with --host ADDRESS to let others join."
    : `On another machine, ${file === undefined ? "set MOBULA_TOKEN there" : "copy that file there first, or set MOBULA_TOKEN there to what is in it"}.`;
  return `The head ${nodeId} (pid ${pid}) is up and listens at ${url}.

A node joins it with
  mobula start --address ${at}${file === undefined ? "" : ` --token-file ${file}`}
A driver connects to it with init(), started as
  MOBULA_ADDRESS=${at} ${file === undefined ? "MOBULA_TOKEN=…" : `MOBULA_TOKEN_FILE=${file}`} ${RUN[platform.name]}

${elsewhere}
${end}`;
}

function shellText(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
