import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Gcs, openStorage, StorageError } from "../../../actors/gcs/mod.ts";
import { StoreMark } from "../../../actors/gcs/storage/store_mark.ts";
import { rejection } from "../../rejection.ts";

const SUFFIXES = ["", "-wal", "-mark"];
const BATCHES = 24;

const folders: string[] = [];
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

function newFile(): string {
  const path = mkdtempSync(join(tmpdir(), "mobula-damage-"));
  folders.push(path);
  return join(path, "store.db");
}

async function recovered(file: string, warnings: string[] = []): Promise<Gcs> {
  const storage = await openStorage(`sqlite:${file}`, { warn: (text) => void warnings.push(text) });
  const gcs = new Gcs({ clock: { now: () => 1 }, storage });
  try {
    await gcs.recover();
  } catch (error) {
    await gcs.close();
    throw error;
  }
  return gcs;
}

async function fill(gcs: Gcs): Promise<void> {
  for (let i = 0; i < BATCHES; i++) {
    gcs.kv.put({ namespace: "n", key: `k${i}`, value: new Uint8Array(200).fill(gcs.counters.next("job")) });
    await gcs.flush();
  }
}

/** A store that was closed: its files' content, by suffix. */
async function closed(): Promise<Map<string, Buffer>> {
  const file = newFile();
  const gcs = await recovered(file);
  await fill(gcs);
  await gcs.close();
  return files(file);
}

/** A store as a killed control store leaves it: everything is in the log. */
async function killed(): Promise<Map<string, Buffer>> {
  const file = newFile();
  const gcs = await recovered(file);
  await fill(gcs);
  const left = files(file);
  await gcs.close();
  return left;
}

function files(file: string): Map<string, Buffer> {
  return new Map(SUFFIXES.filter((suffix) => existsSync(file + suffix)).map((suffix) => [suffix, readFileSync(file + suffix)]));
}

function restore(file: string, content: ReadonlyMap<string, Buffer>): void {
  for (const suffix of SUFFIXES) {
    const bytes = content.get(suffix);
    if (bytes) writeFileSync(file + suffix, bytes);
    else rmSync(file + suffix, { force: true });
  }
}

/** Recovery has to give all that was acknowledged ("whole"), or to refuse it as it should ("refused"). */
async function verdict(file: string): Promise<"whole" | "refused"> {
  let gcs: Gcs;
  try {
    gcs = await recovered(file);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    expect(["damaged", "unavailable"]).toContain(error.reason);
    expect(error.message).toContain(file);
    expect(error.message).toMatch(/is damaged|readonly/);
    expect(error.message).toMatch(/Restore it|restore the file|Check that/);
    return "refused";
  }
  expect(gcs.counters.last("job")).toBe(BATCHES);
  for (let i = 0; i < BATCHES; i++) expect(gcs.kv.get({ namespace: "n", key: `k${i}` })).toEqual(new Uint8Array(200).fill(i + 1));
  await gcs.close();
  return "whole";
}

describe("a damaged store gives all that it acknowledged, or is refused by name", () => {
  test("cut at any length, to nothing as well", async () => {
    for (const [content, suffix] of [
      [await closed(), ""],
      [await killed(), "-wal"],
    ] as const) {
      const whole = content.get(suffix)!.length;
      const file = newFile();
      for (let length = 0; length < whole; length += Math.ceil(whole / 60)) {
        restore(file, content);
        truncateSync(file + suffix, length);
        expect([suffix, length, await verdict(file)]).toEqual([suffix, length, "refused"]);
      }
      restore(file, content);
      expect(await verdict(file)).toBe("whole");
    }
  });

  test("with any byte changed, in the file and in the log", async () => {
    for (const [content, suffix] of [
      [await closed(), ""],
      [await killed(), "-wal"],
    ] as const) {
      const file = newFile();
      const seen = { whole: 0, refused: 0 };
      const one = async (at: number, change: number) => {
        const bytes = Buffer.from(content.get(suffix)!);
        bytes[at % bytes.length]! ^= change;
        restore(file, new Map([...content, [suffix, bytes]]));
        seen[await verdict(file)]++;
      };
      // SQLite's header and its description of the tables; then anywhere.
      for (let at = 0; at < 100; at++) await one(at, 0xff);
      await fc.assert(fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), one), { numRuns: 250 });
      expect(seen.refused).toBeGreaterThan(50);
    }
  }, 60_000);

  test("with its log removed, or something else in the place of either", async () => {
    const garbage = Buffer.from("these are somebody's notes. ".repeat(500));
    const file = newFile();
    const open = await killed();
    for (const bytes of [undefined, garbage, Buffer.alloc(50_000), Buffer.alloc(0)]) {
      restore(file, open);
      if (bytes) writeFileSync(`${file}-wal`, bytes);
      else rmSync(`${file}-wal`);
      expect(await verdict(file)).toBe("refused");
    }
    const shut = await closed();
    for (const bytes of [garbage, Buffer.alloc(20_480), Buffer.alloc(0)]) {
      restore(file, shut);
      writeFileSync(file, bytes);
      expect(await verdict(file)).toBe("refused");
      // Refusing it mended nothing and made nothing.
      expect(await verdict(file)).toBe("refused");
    }
  });

  test("whoever moves it away starts with an empty one", async () => {
    const file = newFile();
    restore(file, await closed());
    rmSync(file);
    const gcs = await recovered(file);
    expect(gcs.counters.last("job")).toBe(0);
    await gcs.close();
  });

  test("that is an older copy: until its owner says that the copy will do", async () => {
    const file = newFile();
    const first = await recovered(file);
    await fill(first);
    await first.close();
    const copy = newFile();
    copyFileSync(file, copy);
    const second = await recovered(file);
    expect(second.counters.next("job")).toBe(BATCHES + 1);
    await second.close();
    copyFileSync(copy, file);
    const error = (await rejection(recovered(file))) as StorageError;
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain(`lacks the last 1 of ${BATCHES + 2} batches`);
    expect(error.message).toContain(`remove ${file}-mark`);
    rmSync(`${file}-mark`);
    expect(await verdict(file)).toBe("whole");
  });

  test("of another program's tables under our name", async () => {
    const content = await closed();
    const file = newFile();
    const bytes = Buffer.from(content.get("")!.toString("latin1").replace("CREATE TABLE rows", "CREATE TABLE rowz"), "latin1");
    restore(file, new Map([...content, ["", bytes]]));
    expect(await verdict(file)).toBe("refused");
  });
});

describe("the mark of a store", () => {
  test("from before the machine started anew warns of lost batches, and refuses nothing", async () => {
    const content = await killed();
    const file = newFile();
    restore(file, content);
    rmSync(`${file}-wal`);
    const mark = new StoreMark(file, "another-boot");
    mark.write(BATCHES + 1);
    mark.close();
    const warnings: string[] = [];
    const gcs = await recovered(file, warnings);
    expect(gcs.counters.last("job")).toBe(0);
    await gcs.close();
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain(`lacks the last ${BATCHES + 1} of ${BATCHES + 1} batches`);
  });

  test("that can't be read is told of, and written anew", async () => {
    const content = await closed();
    const file = newFile();
    const mark = Buffer.from(content.get("-mark")!);
    mark[3]! ^= 1;
    restore(file, new Map([...content, ["-mark", mark]]));
    const warnings: string[] = [];
    await (await recovered(file, warnings)).close();
    expect(warnings.join()).toContain(`${file}-mark`);
    await (await recovered(file, warnings)).close();
    expect(warnings.length).toBe(1);
  });
});
