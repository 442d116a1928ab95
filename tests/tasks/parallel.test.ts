import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancel, get, init, type ObjectRef, remote, shutdown, TaskCancelledError } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";

let folder: string;
beforeAll(() => init({ numCpus: 2, logToDriver: false }));
afterAll(() => shutdown());
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "mobula-parallel-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Says that it has begun, and keeps its thread until `until` is there: it neither yields nor hears anything. */
const keeping = remote(
  (begun: string, until: string) => {
    const { existsSync, writeFileSync } = process.getBuiltinModule("node:fs");
    writeFileSync(begun, "");
    const deadline = performance.now() + 15_000;
    while (!existsSync(until)) if (performance.now() > deadline) return "alone";
    return "beside another";
  },
  { maxRetries: 0 },
);
const writing = remote((file: string) => process.getBuiltinModule("node:fs").writeFileSync(file, ""), { maxRetries: 0 });

const at = (name: string): string => join(folder, name);
const isThere = (name: string): Promise<unknown> => waitForCondition(() => existsSync(at(name)));

/** One task to its end: this place may have a lease after it. */
async function warm(): Promise<void> {
  await get(writing.remote(at("warm")));
}

describe("a task that keeps its thread", () => {
  for (const isolation of ["thread", "process"] as const) {
    test(`keeps nothing else from beginning while there is another CPU (${isolation})`, async () => {
      const [one, other] = [keeping.options({ isolation }), writing.options({ isolation })];
      for (let round = 0; round < 5; round++) {
        await get(other.remote(at(`before ${round}`)));
        const kept = one.remote(at(`begun ${round}`), at(`next ${round}`));
        if (round % 2 === 0) await isThere(`begun ${round}`);
        const next = other.remote(at(`next ${round}`));
        expect(await get(kept)).toBe("beside another");
        await get(next);
      }
    });
  }

  test("keeps nothing from beginning that another task submits", async () => {
    await warm();
    const kept = keeping.remote(at("begun"), at("nested"));
    await isThere("begun");
    const nesting = remote(async (file: string) => await get(writing.remote(file)));
    await get(nesting.remote(at("nested")));
    expect(await get(kept)).toBe("beside another");
  });

  test("keeps nothing from beginning when it was cancelled, and goes on", async () => {
    await warm();
    const stopped = keeping.remote(at("begun"), at("end")) as ObjectRef<string>;
    await isThere("begun");
    cancel(stopped);
    expect(await rejection(get(stopped))).toBeInstanceOf(TaskCancelledError);
    for (let i = 0; i < 5; i++) await get(writing.remote(at(`later ${i}`)));
    writeFileSync(at("end"), "");
  });
});
