import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { platform } from "../../runtime/platform/mod.ts";
import { sessionsFolder } from "./session_folder.ts";

/** What a node that was started on this machine leaves for those who look for it. */
export interface NodeSession {
  readonly nodeId: string;
  readonly pid: number;
  /** When that process began, in the system's own terms: another one may have its number later. */
  readonly begun?: string | undefined;
  /** `ws://host:port` of the cluster's head. */
  readonly address: string;
  /** Whether this node is the head. */
  readonly head: boolean;
  /** Where the token is, if it is in a file. */
  readonly tokenFile?: string | undefined;
}

const schema = v.object({
  nodeId: v.string(),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  begun: v.optional(v.string()),
  address: v.string(),
  head: v.boolean(),
  tokenFile: v.optional(v.string()),
});

const RECORD = "node.json";
/** A head's, where it is told of no other place for them. */
export const TABLES = "tables.db";
/** Folders of ended nodes that are kept, for their logs. */
const KEPT_SESSIONS = 10;

/** Says which node the folder belongs to. Nobody ever reads half of it. */
export function writeSession(folder: string, session: Omit<NodeSession, "begun">): void {
  const record: NodeSession = { ...session, begun: beginningOf(session.pid) };
  const unfinished = join(folder, `${RECORD}.new`);
  writeFileSync(unfinished, JSON.stringify(record), { mode: 0o600, flag: "wx" });
  renameSync(unfinished, join(folder, RECORD));
}

/** The nodes of this machine that run, with their folders; the one that was started first comes first. */
export function listSessions(): { readonly folder: string; readonly session: NodeSession }[] {
  return foldersOf(sessionsFolder()).flatMap((folder) => {
    const session = read(folder);
    return session !== undefined && isRunning(session) ? [{ folder, session }] : [];
  });
}

/** The head that was started last on this machine and runs; else the node that joined one last. */
export function readSession(): NodeSession | undefined {
  const sessions = listSessions().map(({ session }) => session);
  return sessions.findLast(({ head }) => head) ?? sessions.at(-1);
}

/** The folder of a head of this machine that listened at the port and has ended without a word, as by a crash: the last one. */
export function crashedHead(port: number): string | undefined {
  return foldersOf(sessionsFolder()).findLast((folder) => {
    const session = read(folder);
    return session?.head === true && !isRunning(session) && new URL(session.address).port === String(port);
  });
}

/** Whether the node's process is there still. */
export function isRunning({ pid, begun }: Pick<NodeSession, "pid" | "begun">): boolean {
  const beginning = beginningOf(pid);
  return platform.isAlive(pid) && beginning !== ENDED && (begun === undefined || begun === beginning);
}

/** The node has ended: takes its record, its token and its tables away, and the folders of those that ended long ago. */
export function closeSession(folder: string): void {
  const tables = ["", "-wal", "-shm", "-mark"].map((ending) => `${TABLES}${ending}`);
  for (const file of [RECORD, "token", ...tables]) rmSync(join(folder, file), { force: true });
  const ended = foldersOf(sessionsFolder()).filter((each) => {
    const session = read(each);
    return session === undefined || !isRunning(session);
  });
  for (const old of ended.slice(0, -KEPT_SESSIONS)) rmSync(old, { recursive: true, force: true });
}

function foldersOf(sessions: string): string[] {
  return readdirSync(sessions, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(sessions, name))
    .sort();
}

function read(folder: string): NodeSession | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(join(folder, RECORD), "utf8")));
  } catch {
    return undefined;
  }
}

/** A process that has ended, and that its parent has not asked about yet. */
const ENDED = "ended";

/** When a process began, in ticks since the machine did; undefined where the system does not tell it in a file, or it has ended. */
function beginningOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" ? ENDED : fields[19];
  } catch {
    return undefined;
  }
}
