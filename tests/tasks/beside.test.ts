import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancel, get, init, type ObjectRef, remote, shutdown, TaskCancelledError, WorkerCrashedError } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";

let folder: string;
beforeAll(() => init({ numCpus: 2, logToDriver: false }));
afterAll(() => shutdown());
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "mobula-beside-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Holds its CPU until a file is there: with `get` it would give it back. */
const held = remote(
  async (file: string) => {
    const { existsSync, readFileSync, writeFileSync } = await import("node:fs");
    writeFileSync(`${file}.begun`, "");
    while (!existsSync(`${file}.go`)) await new Promise((resolve) => setTimeout(resolve, 5));
    if (readFileSync(`${file}.go`, "utf8") === "crash") process.exit(3);
    return "ended";
  },
  { maxRetries: 0 },
);

const begun = (name: string): Promise<unknown> => waitForCondition(() => existsSync(join(folder, `${name}.begun`)));
const go = (name: string, how = "end"): void => writeFileSync(join(folder, `${name}.go`), how);

/**
 * Two tasks that run beside each other: the first was pushed to its worker by this place alone, the second went to another
 * by way of the scheduler, which may have taken the lease of the first back.
 */
async function two(): Promise<{ first: ObjectRef<string>; second: ObjectRef<string> }> {
  go("before");
  expect(await get(held.remote(join(folder, "before")))).toBe("ended");
  const first = held.remote(join(folder, "first"));
  await begun("first");
  const second = held.remote(join(folder, "second"));
  await begun("second");
  return { first, second };
}

describe("of two tasks that run beside each other", () => {
  test("the second is not lost with the worker of the first, and runs once", async () => {
    const { first, second } = await two();
    go("first", "crash");
    expect(await rejection(get(first))).toBeInstanceOf(WorkerCrashedError);
    go("second");
    expect(await get(second)).toBe("ended");
  });

  test("the second does not take the worker of the first along when it is cancelled with force", async () => {
    const { first, second } = await two();
    cancel(second, { force: true });
    expect(await rejection(get(second))).toBeInstanceOf(TaskCancelledError);
    // The worker that had it is gone when another has come in its place.
    go("third");
    expect(await get(held.remote(join(folder, "third")))).toBe("ended");
    go("first");
    expect(await get(first)).toBe("ended");
  });
});
