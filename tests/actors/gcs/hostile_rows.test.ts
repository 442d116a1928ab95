import { expect, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { Gcs, MemoryStorage, type Mutation, StorageError } from "../../../actors/gcs/mod.ts";
import { questionSchema } from "../../../actors/head/question.ts";
import { argument } from "../../simulation/hostile.ts";
import { actorSpec, addJob } from "./harness.ts";

const TABLES = ["meta", "counters", "nodes", "jobs", "actors", "placement_groups", "functions", "kv"];

/** Rows of each table that recovery reads, as a control store writes them. */
async function rows(): Promise<Mutation[]> {
  const storage = new MemoryStorage({ kept: true });
  const gcs = new Gcs({ clock: { now: () => 1 }, storage });
  await gcs.recover();
  addJob(gcs);
  gcs.registerActor(actorSpec("a", { name: "named", resources: { CPU: 1 } }), 1);
  gcs.functions.register({ descriptorId: "d", jobId: "j1", definition: { source: "x => x", bytes: new Uint8Array([1, 2]) } });
  gcs.kv.put({ namespace: "n", key: "k", value: "v" });
  gcs.counters.next("job");
  await gcs.flush();
  const found: Mutation[] = [];
  for (const table of TABLES) for (const [key, value] of await storage.load(table)) found.push({ type: "put", table, key, value });
  return found;
}

test("rows that were changed, cut or misplaced are recovered, or refused as damage of the store; nothing else happens", async () => {
  const whole = await rows();
  const change = fc.tuple(fc.nat(), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(change, { maxLength: 3 }), fc.option(fc.nat()), async (which, changes, cut) => {
      const storage = new MemoryStorage({ kept: true });
      const row = whole[which % whole.length] as Extract<Mutation, { type: "put" }>;
      let value = row.value.slice();
      for (const [at, byte] of changes) value[at % value.length] = byte;
      if (cut !== null) value = value.subarray(0, cut % value.length);
      await storage.apply([...whole, { ...row, value }]);
      const gcs = new Gcs({ clock: { now: () => 1 }, storage });
      const error = await gcs.recover().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(StorageError);
    }),
    { numRuns: 1_500 },
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("a question of any shape is read as one that the head knows, or refused", () => {
  const about = fc.constantFrom("status", "list", "get", "summary", "drain", "stop", "__proto__", "constructor");
  const question = fc.oneof(
    argument,
    fc.record({ about, kind: argument, id: argument, filters: argument, limit: argument, nodeId: argument, reason: argument }),
  );
  fc.assert(
    fc.property(question, (asked) => {
      const read = v.safeParse(questionSchema, asked);
      if (read.success) expect(["status", "timeline", "stop", "list", "get", "summary", "drain"]).toContain(read.output.about);
      else expect(v.summarize(read.issues).length).toBeGreaterThan(0);
    }),
    { numRuns: 1_000 },
  );
});
