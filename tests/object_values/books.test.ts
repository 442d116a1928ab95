import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { get, init, type ObjectRef, put, remote, shutdown } from "../../mod.ts";
import { session } from "../../runtime/session/mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { collectUntil, type Figures, keptBytes, MIB, turn } from "./store.ts";

beforeAll(() => init({ numCpus: 2, objectStoreMemory: 64 * MIB, spillDirectory: mkdtempSync(join(tmpdir(), "mobula-books-")) }));
afterAll(() => shutdown());

const BIG = 200_000;
const identity = remote((x: unknown) => x);
const make = remote((fill: number) => new Uint8Array(200_000).fill(fill));
const firstByte = remote(async (box: { ref: ObjectRef<Uint8Array> }) => (await get(box.ref))[0]);

const nothing = (now: Figures): boolean => keptBytes(now) === 0 && Object.values(now.store.objects).every((count) => count === 0);

async function round(counts: { tasks: number; puts: number; large: number }): Promise<void> {
  for (let i = 0; i < counts.tasks; i += 1_000) await get(Array.from({ length: 1_000 }, (_, at) => identity.remote(at)));
  for (let i = 0; i < counts.puts; i++) put({ i });
  for (let i = 0; i < counts.large; i += 50) {
    const refs = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? put(new Uint8Array(BIG)) : make.remote(1)));
    await get(refs.map((ref) => firstByte.remote({ ref })));
    for (const ref of refs) ref[Symbol.dispose]();
  }
  await turn();
}

describe("books", () => {
  test("are as they were after thousands of tasks, puts and large objects", async () => {
    await round({ tasks: 1_000, puts: 100, large: 50 });
    const before = await collectUntil(nothing);
    await round({ tasks: 20_000, puts: 20_000, large: 2_000 });
    const after = await collectUntil(nothing);
    expect(after.sizes).toEqual(before.sizes);
    expect(session().caller.objects.sizes()).toEqual({ objects: 0, wanted: 0 });
    expect(session().caller.pendingCount).toBe(0);
    expect(session().caller.lineage).toEqual({ tasks: 0, bytes: 0 });
  }, 60_000);

  test("keep nothing of how results were made that are lost only with their owner: of an actor in its thread", async () => {
    class Maker {
      make(): Uint8Array {
        return new Uint8Array(200_000);
      }
      *items(): Generator<Uint8Array> {
        yield new Uint8Array(200_000);
      }
    }
    const maker = remote(Maker, { isolation: "inline", numCpus: 0 }).remote();
    for (let i = 0; i < 20; i++) {
      using made = maker.make.remote();
      await get(made);
      for await (const item of maker.items.remote()) item[Symbol.dispose]();
    }
    await collectUntil(nothing);
    await waitForCondition(() => session().caller.lineage.tasks === 0);
  });

  test("keep nothing of generators whose large items were let go of while others were being made", async () => {
    const made = remote(
      async function* (count: number) {
        for (let i = 0; i < count; i++) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          yield new Uint8Array(200_000).fill(i);
        }
      },
      { numReturns: "streaming" },
    );
    const first = remote((bytes: Uint8Array) => bytes[0] as number);
    let sum = 0;
    for await (const item of made.remote(30)) {
      using own = item;
      sum += await get(first.remote(own));
    }
    expect(sum).toBe(435);
    await collectUntil(nothing);
    await waitForCondition(() => session().caller.lineage.tasks === 0);
  });
});
