import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancel, get, init, type ObjectRef, remote, shutdown, TaskCancelledError } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";

let folder: string;
beforeAll(() => init({ numCpus: 2, resources: { token: 1 }, logToDriver: false }));
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

  test("is not ended for one that ran there before it, which was cancelled with force when it had just ended", async () => {
    const inTurn = keeping.options({ resources: { token: 1 } });
    for (const name of ["third", "fourth"]) writeFileSync(at(`${name} end`), "");
    const [first, ...others] = ["first", "second", "third", "fourth"].map((name) => inTurn.remote(at(name), at(`${name} end`)));
    await isThere("first");
    writeFileSync(at("first end"), "");
    // This thread hears nothing meanwhile: to it the first still runs.
    while (!existsSync(at("second")));
    cancel(first as ObjectRef<string>, { force: true });
    expect(await rejection(get(first as ObjectRef<string>))).toBeInstanceOf(TaskCancelledError);
    // Twice and more as long as a worker has to answer.
    await new Promise((resolve) => setTimeout(resolve, 300));
    writeFileSync(at("second end"), "");
    for (const ref of others) expect(await get(ref)).toBe("beside another");
  });

  test("is ended for itself: what it held is there for others", async () => {
    const inTurn = keeping.options({ resources: { token: 1 } });
    const stopped = inTurn.remote(at("begun"), at("never")) as ObjectRef<string>;
    await isThere("begun");
    cancel(stopped, { force: true });
    expect(await rejection(get(stopped))).toBeInstanceOf(TaskCancelledError);
    expect(await get(inTurn.remote(at("next"), at("begun")))).toBe("beside another");
  });
});
