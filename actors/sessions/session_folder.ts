import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";

/** Where the sessions of this machine are kept, instead of the system's folder for temporary files. */
export const TEMP_DIR_VARIABLE = "MOBULA_TEMP_DIR";

/**
 * This user's folder for nodes that were started on this machine; made if need be.
 *
 * @throws Error when somebody else could read it or has made it: tokens lie in it
 */
export function sessionsFolder(): string {
  const { uid } = userInfo();
  const folder = join(platform.env(TEMP_DIR_VARIABLE) || tmpdir(), `mobula-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = lstatSync(folder);
  // Windows has neither: there a user's folder for temporary files is the user's alone.
  const mine = uid === -1 || (owner === uid && (mode & 0o170_077) === 0o040_000);
  if (!mine) throw new Error(`${folder} is not a folder that is yours alone: remove it, or set ${TEMP_DIR_VARIABLE} to another place`);
  return folder;
}

let lastMs = 0;

/** A new folder in there, for one node. Folders are named so that they sort by time, those of one process strictly. */
export function makeSessionFolder(): string {
  lastMs = Math.max(systemClock.now(), lastMs + 1);
  const time = new Date(lastMs).toISOString().replace(/[-:Z]/g, "");
  const folder = mkdtempSync(join(sessionsFolder(), `${time}-`));
  chmodSync(folder, 0o700);
  return folder;
}
