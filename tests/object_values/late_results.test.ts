import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancel, get, init, type ObjectRef, remote, shutdown, TaskCancelledError } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";
import { DeafActor, items, large, refs, several } from "./deaf.ts";
import { collectUntil, type Figures, keptBytes } from "./store.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mobula-late-"));
  // One worker: what it says last comes before the result of what it runs next.
  return init({ numCpus: 1 });
});
afterAll(async () => {
  await shutdown();
  rmSync(folder, { recursive: true });
});

const nothing = remote(() => {});

const nothingKept = (now: Figures): boolean =>
  keptBytes(now) === 0 && now.sizes["references"] === 0 && Object.values(now.store.objects).every((count) => count === 0);

let files = 0;

/** Calls something that hears nothing, gives it up by `end`, and lets it go on. */
async function late<R>(call: (file: string) => R, end: (called: R) => unknown): Promise<void> {
  const file = join(folder, `${files++}`);
  const called = call(file);
  await waitForCondition(() => existsSync(`${file}.begun`));
  await end(called);
  writeFileSync(`${file}.go`, "");
}

async function cancelled(ref: ObjectRef<unknown>): Promise<void> {
  cancel(ref);
  expect(await rejection(get(ref))).toBeInstanceOf(TaskCancelledError);
}

test("a large result of a task that was cancelled is let go of when it comes", async () => {
  await late((file) => large.remote(file), cancelled);
  await late(
    (file) => several.remote(file),
    ([ref]) => cancelled(ref),
  );
  await get(nothing.remote());
  await collectUntil(nothingKept);
});

test("so is what others had a ref to, and they hear of the end", async () => {
  const hears = remote(([ref]: ObjectRef<unknown>[]) => get(ref as ObjectRef<unknown>).then(String, (error: Error) => error.name), { numCpus: 0 });
  let heard: ObjectRef<string> | undefined;
  await late((file) => {
    const ref = large.remote(file);
    heard = hears.remote([ref]);
    return ref;
  }, cancelled);
  expect(await get(heard as ObjectRef<string>)).toBe("TaskCancelledError");
  heard = undefined;
  await get(nothing.remote());
  await collectUntil(nothingKept);
});

test("what a small result has refs to is let go of with it", async () => {
  await late((file) => refs.remote(file), cancelled);
  await get(nothing.remote());
  await collectUntil(nothingKept);
});

test("the items of a generator that was cancelled are let go of", async () => {
  await late(
    (file) => items.remote(file),
    async (generator) => {
      using first = (await generator.next()).value as ObjectRef<Float64Array>;
      expect((await get(first))[0]).toBe(0);
      cancel(generator.completed());
      generator[Symbol.dispose]();
    },
  );
  await get(nothing.remote());
  await collectUntil(nothingKept);
});

test("a large result of an actor's call that took too long is let go of", async () => {
  const actor = DeafActor.remote();
  await get(actor.nothing.remote());
  await late(
    (file) => actor.large.options({ timeoutMs: 500 }).remote(file),
    async (ref) => expect(await rejection(get(ref))).toBeInstanceOf(TaskCancelledError),
  );
  await get(actor.nothing.remote());
  await collectUntil((now) => keptBytes(now) === 0);
});
