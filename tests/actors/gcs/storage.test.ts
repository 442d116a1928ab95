import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { MemoryStorage, type Mutation, openStorage, parseStorage, type Storage, StorageError } from "../../../actors/gcs/storage/mod.ts";
import { RedisServer } from "./redis_server.ts";

const folders: string[] = [];
const opened: Storage[] = [];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mobula-storage-"));
  folders.push(path);
  return path;
}

async function open(option: string): Promise<Storage> {
  const storage = await openStorage(option);
  opened.push(storage);
  return storage;
}

/** The error that `action` ends with. */
async function failure(action: () => Promise<unknown>): Promise<Error> {
  return action().then(
    () => expect.unreachable("it did not fail"),
    (error) => error,
  );
}

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

const bytes = (...values: number[]) => new Uint8Array(values);
const put = (table: string, key: string, value: Uint8Array): Mutation => ({ type: "put", table, key, value });
const remove = (table: string, key: string): Mutation => ({ type: "delete", table, key });

let redis: Promise<RedisServer> | undefined;
let prefixes = 0;
afterAll(async () => (await redis)?.stop());

/** One store that can be closed and opened again. */
interface Subject {
  open(): Promise<Storage>;
}

const adapters: Record<string, () => Subject> = {
  memory: () => {
    const storage = new MemoryStorage({ kept: true });
    return { open: async () => storage.reopen() };
  },
  sqlite: () => {
    const path = join(folder(), "store.db");
    return { open: () => open(`sqlite:${path}`) };
  },
  redis: () => {
    redis ??= RedisServer.start();
    const prefix = `store${++prefixes}`;
    return { open: async () => open(`${(await redis!).url}?prefix=${prefix}`) };
  },
};

for (const [name, make] of Object.entries(adapters)) {
  describe(`storage ${name}`, () => {
    test("gives back what was put, by table and ascending key", async () => {
      const storage = await make().open();
      await storage.apply([put("t", "b", bytes(2)), put("t", "a", bytes(1)), put("u", "a", bytes(9))]);
      expect(await storage.load("t")).toEqual([
        ["a", bytes(1)],
        ["b", bytes(2)],
      ]);
      expect(await storage.load("u")).toEqual([["a", bytes(9)]]);
      expect(await storage.load("never written")).toEqual([]);
      await storage.close();
    });

    test("applies a batch in its order: the last word on a key holds", async () => {
      const storage = await make().open();
      await storage.apply([put("t", "a", bytes(1)), remove("t", "a"), put("t", "b", bytes(1)), put("t", "b", bytes(2))]);
      expect(await storage.load("t")).toEqual([["b", bytes(2)]]);
      await storage.apply([]);
      await storage.apply([remove("t", "b"), remove("t", "never there"), remove("never written", "x")]);
      expect(await storage.load("t")).toEqual([]);
      await storage.close();
    });

    test("keeps its own copy of a value, and gives copies", async () => {
      const storage = await make().open();
      const value = bytes(1, 2, 3);
      await storage.apply([put("t", "a", value)]);
      value[0] = 9;
      const [row] = await storage.load("t");
      row![1][1] = 9;
      expect(await storage.load("t")).toEqual([["a", bytes(1, 2, 3)]]);
      await storage.close();
    });

    test("keeps odd keys apart and in the order of code points", async () => {
      const storage = await make().open();
      const keys = ["", "\0", "a", "a\0b", "a\0c", "é", "\uffee", "\u{1f600}", "\u{feff}a"];
      await storage.apply([...keys].reverse().map((key, i) => put("t", key, bytes(i))));
      const loaded = (await storage.load("t")).map(([key]) => key);
      expect(loaded).toEqual(["", "\0", "a", "a\0b", "a\0c", "é", "\u{feff}a", "\uffee", "\u{1f600}"]);
      await storage.close();
    });

    test("takes a view, an empty value and a large one", async () => {
      const storage = await make().open();
      const large = new Uint8Array(3_000_000).map((_, i) => i);
      await storage.apply([put("t", "view", large.subarray(5, 8)), put("t", "none", bytes()), put("t", "large", large)]);
      const rows = new Map(await storage.load("t"));
      expect(rows.get("view")).toEqual(bytes(5, 6, 7));
      expect(rows.get("none")).toEqual(bytes());
      expect(Buffer.compare(rows.get("large")!, large)).toBe(0);
      await storage.close();
    });

    test("holds after close and open what any history of batches left", async () => {
      const key = fc.constantFrom("a", "b", "c\0d", "é");
      const mutation = fc.oneof(
        fc.record({
          type: fc.constant("put" as const),
          table: fc.constantFrom("t", "u"),
          key,
          value: fc.uint8Array({ maxLength: 9 }),
        }),
        fc.record({ type: fc.constant("delete" as const), table: fc.constantFrom("t", "u"), key }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(mutation, { maxLength: 6 }), { maxLength: 6 }), async (batches) => {
          const subject = make();
          const model = new Map<string, Uint8Array>();
          let storage = await subject.open();
          for (const batch of batches) {
            await storage.apply(batch);
            for (const each of batch) {
              if (each.type === "put") model.set(`${each.table} ${each.key}`, each.value);
              else model.delete(`${each.table} ${each.key}`);
            }
          }
          await storage.close();
          storage = await subject.open();
          const found = new Map<string, Uint8Array>();
          for (const table of ["t", "u"]) for (const [k, v] of await storage.load(table)) found.set(`${table} ${k}`, v);
          await storage.close();
          expect(found).toEqual(model);
        }),
        { numRuns: 25 },
      );
    });

    test("refuses work once closed, naming itself; closing again does nothing", async () => {
      const storage = await make().open();
      await storage.close();
      await storage.close();
      const error = await failure(() => storage.apply([put("t", "a", bytes(1))]));
      expect(error).toBeInstanceOf(StorageError);
      expect((error as StorageError).location).toBe(storage.location);
      expect(await failure(() => storage.load("t"))).toBeInstanceOf(StorageError);
    });
  });
}

describe("sqlite file", () => {
  const path = () => join(folder(), "deep", "store.db");

  test("makes its folder, is private to its user, and is one file once closed", async () => {
    const file = path();
    const storage = await open(`sqlite:${file}`);
    await storage.apply([put("t", "a", bytes(1))]);
    await storage.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0).toBe(false);
  });

  test("a batch that can't be applied leaves nothing of itself", async () => {
    const storage = await open(`sqlite:${path()}`);
    const broken = { type: "put", table: "t", key: "b", value: null } as unknown as Mutation;
    const error = await failure(() => storage.apply([put("t", "a", bytes(1)), broken]));
    expect(error).toBeInstanceOf(StorageError);
    expect(await storage.load("t")).toEqual([]);
    await storage.apply([put("t", "c", bytes(3))]);
    expect(await storage.load("t")).toEqual([["c", bytes(3)]]);
  });

  test("refuses a file that another store has open", async () => {
    const file = path();
    await open(`sqlite:${file}`);
    const error = (await failure(() => open(`sqlite:${file}`))) as StorageError;
    expect(error.reason).toBe("in_use");
    expect(error.message).toContain(file);
  });

  test("refuses a file that is no database, and leaves it as it is", async () => {
    const file = join(folder(), "notes.txt");
    writeFileSync(file, "these are somebody's notes. ".repeat(500));
    const error = (await failure(() => open(`sqlite:${file}`))) as StorageError;
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain(file);
    expect(readFileSync(file, "utf8").slice(0, 9)).toBe("these are");
  });

  test("refuses another program's database, and leaves it as it is", async () => {
    const file = join(folder(), "other.db");
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (x)");
    other.close();
    const before = readFileSync(file);
    const error = (await failure(() => open(`sqlite:${file}`))) as StorageError;
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain("another program");
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("refuses a file with any part overwritten", async () => {
    const file = path();
    const storage = await open(`sqlite:${file}`);
    await storage.apply(Array.from({ length: 200 }, (_, i) => put("t", `key ${i}`, new Uint8Array(300).fill(7))));
    await storage.close();
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 4_096) {
      const copy = join(folder(), "copy.db");
      const damaged = Buffer.from(whole);
      damaged.fill(0xa5, at, at + 4_096);
      writeFileSync(copy, damaged);
      const error = (await failure(async () => (await open(`sqlite:${copy}`)).load("t"))) as StorageError;
      expect(error).toBeInstanceOf(StorageError);
      expect(error.reason).toBe("damaged");
      expect(error.message).toContain(copy);
    }
  });

  test("notices a flipped bit inside a value, which SQLite does not", async () => {
    const file = path();
    const storage = await open(`sqlite:${file}`);
    await storage.apply([put("t", "a", new Uint8Array(300).fill(0x5a))]);
    await storage.close();
    const whole = readFileSync(file);
    const at = whole.indexOf(Buffer.alloc(300, 0x5a));
    whole[at + 100] = 0x5b;
    writeFileSync(file, whole);
    const error = (await failure(() => open(`sqlite:${file}`))) as StorageError;
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain("checksum");
  });

  test("says so when the path can't be opened", async () => {
    const path = folder();
    const error = (await failure(() => open(`sqlite:${path}`))) as StorageError;
    expect(error).toBeInstanceOf(StorageError);
    expect(error.reason).toBe("unavailable");
    expect(error.message).toContain(path);
  });

  test("a log cut anywhere leaves whole batches, the first of them", async () => {
    const from = join(folder(), "store.db");
    const storage = await open(`sqlite:${from}`);
    for (let i = 0; i < 20; i++) await storage.apply([put("t", `a${i}`, bytes(i)), put("t", `b${i}`, bytes(i))]);
    const size = statSync(`${from}-wal`).size;
    let most = 0;
    for (let cut = 0; cut <= size; cut += Math.floor(size / 12)) {
      const to = join(folder(), "store.db");
      copyFileSync(from, to);
      copyFileSync(`${from}-wal`, `${to}-wal`);
      truncateSync(`${to}-wal`, cut);
      const copy = await open(`sqlite:${to}`);
      const keys = (await copy.load("t")).map(([key]) => key);
      const batches = keys.length / 2;
      const expected = Array.from({ length: batches }, (_, i) => [`a${i}`, `b${i}`]).flat();
      expect(keys.sort()).toEqual(expected.sort());
      expect(batches).toBeGreaterThanOrEqual(most);
      most = batches;
      await copy.close();
    }
    expect(most).toBeGreaterThan(0);
  });

  test("works in a worker thread", async () => {
    const worker = new Worker(new URL("./store_worker.ts", import.meta.url), { workerData: `sqlite:${path()}` });
    const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await worker.terminate();
    expect(answer).toEqual([["a", bytes(1)]]);
  });

  test("what was acknowledged is there after kill -9, batches whole, and the lock is gone", async () => {
    const file = path();
    const script = fileURLToPath(new URL("./crash_writer.ts", import.meta.url));
    const flags = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
    const child = spawn(process.execPath, [...flags, script, file], { stdio: ["ignore", "pipe", "inherit"] });
    let told = "";
    for await (const chunk of child.stdout) {
      told += chunk;
      if (told.split("\n").length > 50) child.kill("SIGKILL");
    }
    const acknowledged = Number(told.trimEnd().split("\n").at(-1));
    const storage = await open(`sqlite:${file}`);
    const rows = new Map(await storage.load("left"));
    const mirror = new Map(await storage.load("right"));
    expect(acknowledged).toBeGreaterThan(40);
    expect(rows.size).toBeGreaterThanOrEqual(acknowledged);
    expect(mirror).toEqual(rows);
  });
});

describe("storage option", () => {
  test("names memory or a file", () => {
    expect(parseStorage("memory")).toEqual({ kind: "memory" });
    expect(parseStorage("sqlite:/tmp/a:b.db")).toEqual({ kind: "sqlite", path: "/tmp/a:b.db" });
  });

  test("a wrong one is refused by name, without its secrets", async () => {
    for (const [option, part] of [
      ["", '""'],
      ["sqlite", '"sqlite"'],
      ["sqlite:", "sqlite:PATH"],
      ["sqlite::memory:", '"memory"'],
      ["sqlite:a\0b", "U+0000"],
      ["postgres://me:secret@host/db", '"postgres"'],
    ] as const) {
      const error = await failure(() => openStorage(option));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(part);
      expect(error.message).not.toContain("secret");
    }
    expect(await failure(() => openStorage(5 as unknown as string))).toBeInstanceOf(TypeError);
  });

  test("memory forgets, and says so", async () => {
    expect((await open("memory")).volatile).toBe(true);
    expect((await open(`sqlite:${join(folder(), "a.db")}`)).volatile).toBe(false);
  });
});
