import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { MobulaError } from "../../runtime/errors/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";

const PREFIX = "mobula-spill-";

/**
 * A private folder for what this node spills; removed with the node. What nodes have left there that were killed goes.
 *
 * @throws MobulaError when it cannot be made
 */
export function makeSpillDirectory(parent: string | undefined): string {
  const folder = parent ?? tmpdir();
  const kind = `${PREFIX}${machineMark()}-`;
  try {
    mkdirSync(folder, { recursive: true });
    sweep(folder, kind);
    return mkdtempSync(join(folder, `${kind}${platform.pid}-`));
  } catch (cause) {
    const message = `Objects cannot be spilled to ${folder}: ${(cause as Error).message}. Name a folder that can be written to (spillDirectory, --spill-dir).`;
    throw new MobulaError({ message, cause });
  }
}

/** Takes away the folders of processes that are gone. Others may do the same at the same time. */
function sweep(folder: string, kind: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(kind)) continue;
    const pid = Number.parseInt(name.slice(kind.length), 10);
    if (Number.isNaN(pid) || platform.isAlive(pid)) continue;
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // Another user's: it is theirs to remove.
    }
  }
}

/**
 * Tells processes apart that do not see each other's numbers: a folder may be shared by machines, and by containers, and
 * who is not seen from here may live.
 */
function machineMark(): string {
  let namespace = "";
  try {
    namespace = readlinkSync("/proc/self/ns/pid");
  } catch {
    // A system without such namespaces.
  }
  return createHash("sha256").update(`${hostname()}\n${namespace}`).digest("hex").slice(0, 8);
}
