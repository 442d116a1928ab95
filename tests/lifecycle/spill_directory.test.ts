import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { makeSpillDirectory } from "../../actors/driver/spill_directory.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "mobula-parent-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** The number of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

describe("the folder that a node spills to", () => {
  test("takes away what killed nodes have left, and nothing of those that live or that are not seen from here", () => {
    const own = makeSpillDirectory(parent);
    const other = makeSpillDirectory(parent);
    const [kind] = own.split(`-${process.pid}-`) as [string];
    const killed = `${kind}-${endedPid()}-abcdef`;
    const elsewhere = join(parent, `mobula-spill-00000000-${endedPid()}-abcdef`);
    for (const folder of [killed, elsewhere]) mkdirSync(folder);
    writeFileSync(join(killed, "1"), "what was spilled");
    const next = makeSpillDirectory(parent);
    expect(existsSync(killed)).toBe(false);
    expect(
      readdirSync(parent)
        .map((name) => join(parent, name))
        .sort(),
    ).toEqual([own, other, next, elsewhere].sort());
  });
});
