import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { platform } from "../../runtime/platform/mod.ts";

/** What `mobula start` leaves for those who look for the cluster of this machine. */
export interface SessionFile {
  /** `ws://host:port` of the head. */
  readonly address: string;
  readonly pid: number;
  readonly nodeId: string;
  /** Where the token is; mode 0600. */
  readonly tokenFile?: string | undefined;
}

const schema = v.object({ address: v.string(), pid: v.number(), nodeId: v.string(), tokenFile: v.optional(v.string()) });

/** This user's folder for clusters started on this machine; made for this user alone. */
export function sessionFolder(): string {
  const folder = join(tmpdir(), `mobula-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

const file = (): string => join(sessionFolder(), "head.json");

/** The head that was started last on this machine; undefined when there is none, or its process is gone. */
export function readSession(): SessionFile | undefined {
  try {
    const session = v.parse(schema, JSON.parse(readFileSync(file(), "utf8")));
    return platform.isAlive(session.pid) ? session : undefined;
  } catch {
    return undefined;
  }
}

export function writeSession(session: SessionFile): void {
  writeFileSync(file(), JSON.stringify(session), { mode: 0o600 });
}

/** Takes the file away, if it is that process's. */
export function removeSession(pid: number): void {
  if (readSession()?.pid === pid) rmSync(file(), { force: true });
}
