import { afterEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Gcs, openStorage } from "../../../actors/gcs/mod.ts";
import { RedisServer } from "./redis_server.ts";

const WRITER = fileURLToPath(new URL("./kill_writer.ts", import.meta.url));
const FLAGS = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
/** Of the files that are a SQLite store. */
const SUFFIXES = ["", "-wal", "-mark"];

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mobula-kill-"));
  ends.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Life {
  /** The last batch whose flush it told of; undefined when it told of none. */
  readonly acknowledged: number | undefined;
  readonly killed: boolean;
}

/** One control store's life on the store `option`, until it kills itself at `step`, or is killed after `batches` acknowledged ones. */
async function live(option: string, life: { readonly size?: number; readonly step?: number; readonly batches?: number }): Promise<Life> {
  const { size = 1_000, step = 0, batches = Number.POSITIVE_INFINITY } = life;
  const child = spawn(process.execPath, [...FLAGS, WRITER, option, String(size), String(step)], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  let told = "";
  for await (const chunk of child.stdout) {
    told += chunk;
    if (told.split("\n").length > batches) child.kill("SIGKILL");
  }
  const signal = await gone;
  if (signal !== "SIGKILL" && !told.endsWith("end\n")) throw new Error(`the writer failed: ${complaint}`);
  const numbers = told.match(/^\d+$/gm) ?? [];
  return { acknowledged: numbers.length > 0 ? Number(numbers.at(-1)) : undefined, killed: signal === "SIGKILL" };
}

/** Recovers the store, and gives its last batch: all batches up to it have to be there, whole, and nothing after it. */
async function recovered(option: string, size: number): Promise<number> {
  const gcs = new Gcs({ clock: { now: () => 1 }, storage: await openStorage(option, { leaseMs: 400, standby: true }) });
  await gcs.recover();
  const last = gcs.counters.last("job");
  for (const side of ["left", "right"]) {
    for (let number = 1; number <= last; number++) {
      const value = gcs.kv.get({ namespace: side, key: String(number) }) as Uint8Array;
      if (value?.byteLength !== size || !value.every((byte) => byte === (number & 255))) throw new Error(`batch ${number} of ${last} is not whole`);
    }
    expect(gcs.kv.exists({ namespace: side, key: String(last + 1) })).toBe(false);
  }
  await gcs.close();
  return last;
}

/** As `recovered`, on a copy: recovery folds the log in, and the next writer has to find it as the last left it. */
async function recoveredCopy(file: string, size: number): Promise<number> {
  const copy = join(folder(), "store.db");
  for (const suffix of SUFFIXES) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  return await recovered(`sqlite:${copy}`, size);
}

describe("a control store killed with SIGKILL has every batch that it acknowledged, and none in part", () => {
  test("at each of its steps: opening, recovery of the last one's log, every batch, the closing", async () => {
    const file = join(folder(), "store.db");
    let last = 0;
    let killed = true;
    let step = 0;
    while (killed) {
      const life = await live(`sqlite:${file}`, { step: ++step });
      const found = await recoveredCopy(file, 1_000);
      expect(found).toBeGreaterThanOrEqual(life.acknowledged ?? last);
      // At most the one that was under way came besides.
      expect(found).toBeLessThanOrEqual((life.acknowledged ?? last) + 1);
      last = found;
      killed = life.killed;
    }
    // Opening and closing, and four batches of some steps each.
    expect(step).toBeGreaterThan(40);
  }, 120_000);

  test("in the middle of checkpoints, which large rows cause again and again", async () => {
    const file = join(folder(), "store.db");
    const size = 200_000;
    let last = 0;
    let checkpoints = 0;
    for (const batches of [1, 4, 9, 10, 11, 12, 13, 17]) {
      const before = existsSync(file) ? statSync(file).size : 0;
      const { acknowledged } = await live(`sqlite:${file}`, { size, batches });
      if (statSync(file).size > before) checkpoints++;
      const found = await recoveredCopy(file, size);
      expect(found).toBeGreaterThanOrEqual(acknowledged!);
      expect(acknowledged).toBeGreaterThan(last);
      last = found;
    }
    expect(checkpoints).toBeGreaterThan(2);
  }, 60_000);

  test("in Redis as well, where the next waits until the lease of the dead one ends", async () => {
    const redis = await RedisServer.start();
    ends.push(() => redis.stop());
    let last = 0;
    for (const batches of [1, 7, 40]) {
      const { acknowledged } = await live(redis.url, { batches });
      const found = await recovered(redis.url, 1_000);
      expect(found).toBeGreaterThanOrEqual(acknowledged!);
      expect(acknowledged).toBeGreaterThan(last);
      last = found;
    }
  }, 60_000);
});
