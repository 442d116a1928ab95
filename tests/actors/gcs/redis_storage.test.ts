import { afterEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { Gcs, type Mutation, openStorage, parseStorage, type Storage, StorageError, type StorageOptions } from "../../../actors/gcs/mod.ts";
import { DelayProxy } from "./delay_proxy.ts";
import { addJob } from "./harness.ts";
import { freePort, RedisServer } from "./redis_server.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function server(...args: string[]): Promise<RedisServer> {
  const started = await RedisServer.start(...args);
  ends.push(() => started.stop());
  return started;
}

async function open(option: string, options: StorageOptions = {}): Promise<Storage> {
  const storage = await openStorage(option, options);
  ends.push(() => storage.close());
  return storage;
}

async function failure(promise: Promise<unknown>): Promise<StorageError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  return error;
}

/** A client beside the store, as somebody who tampers with it. */
function client(redis: RedisServer): Redis {
  const beside = new Redis(redis.port, "127.0.0.1");
  ends.push(() => beside.disconnect());
  return beside;
}

const put = (key: string, ...values: number[]): Mutation => ({ type: "put", table: "t", key, value: new Uint8Array(values) });
const keys = async (storage: Storage) => (await storage.load("t")).map(([key]) => key);
const SHORT: StorageOptions = { leaseMs: 1_000, waitMs: 3_000 }; // Long enough that a busy machine renews in time.

/** Waits until the lease was renewed so often that it holds `ms` longer. */
async function renewedFor(storage: Storage, ms: number): Promise<void> {
  const until = storage.lease!.heldUntilMs + ms;
  while (storage.lease!.heldUntilMs < until) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a Redis server that fails", () => {
  test("none: says so within the time given, with the address and without the password", async () => {
    const port = await freePort();
    const error = await failure(open(`redis://:secret@127.0.0.1:${port}/3?prefix=mine`, { waitMs: 200 }));
    expect(error.reason).toBe("unavailable");
    expect(error.location).toBe(`redis://127.0.0.1:${port}/3?prefix=mine`);
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(error.message).toContain("ECONNREFUSED");
    expect(`${error.message} ${String(error.cause)}`).not.toContain("secret");
  });

  test("is waited for while it starts", async () => {
    const redis = await server();
    await redis.kill();
    const opened = open(redis.url);
    await redis.start();
    await (await opened).apply([put("a", 1)]);
  });

  test("asks for a password: a wrong one or none is refused at once, the right one is taken", async () => {
    const redis = await server("--requirepass", "se/cret");
    for (const user of ["", ":wrong@"]) {
      const error = await failure(open(redis.url.replace("//", `//${user}`)));
      expect(error.reason).toBe("denied");
      expect(error.message).toContain("password");
      expect(error.message).not.toContain("wrong");
    }
    await (await open(redis.url.replace("//", "//:se%2Fcret@"))).apply([put("a", 1)]);
  });

  test("speaks no TLS: an address with rediss is refused", async () => {
    const redis = await server();
    const error = await failure(open(redis.url.replace("redis:", "rediss:"), { waitMs: 300 }));
    expect(error.reason).toBe("unavailable");
    expect(error.location).toBe(`${redis.url.replace("redis:", "rediss:")}/0`);
  });

  test("killed and started again has all that was acknowledged, batches whole and in order, and goes on", async () => {
    const redis = await server();
    const storage = await open(redis.url, { waitMs: 5_000 });
    let acknowledged = 0;
    const writing = (async () => {
      for (let i = 1; i <= 300; i++) {
        await storage.apply([put(`left ${i}`, i), put(`right ${i}`, i)]);
        acknowledged = i;
      }
    })();
    for (const after of [40, 150]) {
      while (acknowledged < after) await new Promise((resolve) => setImmediate(resolve));
      await redis.kill();
      await redis.start();
    }
    await writing;
    await storage.close();
    await redis.kill();
    await redis.start();
    const rows = new Map((await (await open(redis.url)).load("t")).map(([key, [value]]) => [key, value]));
    expect(rows.size).toBe(600);
    for (let i = 1; i <= 300; i++) expect([rows.get(`left ${i}`), rows.get(`right ${i}`)]).toEqual([i & 255, i & 255]);
  });

  test("stays away: writes fail in order after their time, and what comes after it is back is taken", async () => {
    const redis = await server();
    const storage = await open(redis.url, { waitMs: 700 });
    await storage.apply([put("a", 1)]);
    await redis.kill();
    const settled: string[] = [];
    const note = (name: string, applied: Promise<void>) => applied.catch((error) => settled.push(`${name} ${error.reason}`));
    await Promise.all([note("first", storage.apply([put("b", 1)])), note("second", storage.apply([put("c", 1)]))]);
    expect(settled).toEqual(["first unavailable", "second unavailable"]);
    await redis.start();
    await storage.apply([put("d", 1)]);
    expect(await keys(storage)).toEqual(["a", "d"]);
  });

  test("hangs: a write is rejected after its time, and its late arrival undoes nothing written since", async () => {
    const redis = await server();
    const proxy = await DelayProxy.start(redis.port);
    ends.push(() => proxy.close());
    const storage = await open(`redis://127.0.0.1:${proxy.port}`, { waitMs: 700, leaseMs: 60_000 });
    await storage.apply([put("a", 1)]);
    proxy.hold();
    expect((await failure(storage.apply([put("a", 2)]))).reason).toBe("unavailable");
    proxy.pass();
    await storage.apply([put("a", 3)]);
    await proxy.release();
    expect(await storage.load("t")).toEqual([["a", new Uint8Array([3])]]);
  });

  test("takes a batch whose reply was lost once, though it is sent again", async () => {
    const redis = await server();
    const proxy = await DelayProxy.start(redis.port);
    ends.push(() => proxy.close());
    const storage = await open(`redis://127.0.0.1:${proxy.port}`, { leaseMs: 60_000 });
    await storage.apply([put("a", 1)]);
    proxy.cutAtReply();
    await storage.apply([put("a", 2)]);
    expect(proxy.cuts).toBe(1);
    expect(await client(redis).hget("{mobula}:head", "seq")).toBe("2");
    expect(await storage.load("t")).toEqual([["a", new Uint8Array([2])]]);
  });

  test("is out of memory: the batch is rejected whole", async () => {
    const redis = await server();
    const storage = await open(redis.url);
    await storage.apply([put("a", 1)]);
    await client(redis).config("SET", "maxmemory", "1");
    const error = await failure(storage.apply([put("b", 1), put("c", 1)]));
    expect(error.reason).toBe("unavailable");
    expect(error.message).toContain("OOM");
    await client(redis).config("SET", "maxmemory", "0");
    expect(await keys(storage)).toEqual(["a"]);
  });

  test("came back without what it had acknowledged: refused, and the lease says so", async () => {
    const redis = await server();
    const storage = await open(redis.url);
    await storage.apply([put("a", 1)]);
    await client(redis).hset("{mobula}:head", "seq", "0");
    const error = await failure(storage.apply([put("b", 1)]));
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain("appendonly");
    expect(await storage.lease?.lost).toBe(error);
  });

  test("keeps nothing: whoever asked is warned", async () => {
    const redis = await server("--appendonly", "no");
    const warnings: string[] = [];
    await open(redis.url, { warn: (text) => warnings.push(text) });
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain("appendonly yes");
    const safe = await server();
    await open(safe.url, { warn: (text) => warnings.push(text) });
    expect(warnings.length).toBe(1);
  });
});

describe("what lies in Redis", () => {
  test("clusters with different prefixes or databases share a server without meeting", async () => {
    const redis = await server();
    const stores = await Promise.all(["", "?prefix=other", "/1"].map((suffix) => open(redis.url + suffix)));
    for (const [i, storage] of stores.entries()) await storage.apply([put(`of ${i}`, i)]);
    for (const [i, storage] of stores.entries()) expect(await keys(storage)).toEqual([`of ${i}`]);
    const every = await client(redis).keys("*");
    expect(every.filter((key) => !/^\{(mobula|other)\}:/.test(key))).toEqual([]);
  });

  test("a layout of a later version is refused, and left as it is", async () => {
    const redis = await server();
    await client(redis).hset("{mobula}:head", "format", "2");
    const error = await failure(open(redis.url));
    expect(error.reason).toBe("newer");
    expect(error.message).toContain("layout 2");
    expect(await client(redis).hgetall("{mobula}:head")).toEqual({ format: "2" });
  });

  test("keys of another program are refused, and a batch that meets them changes nothing", async () => {
    const redis = await server();
    await client(redis).set("{theirs}:head", "x");
    expect((await failure(open(`${redis.url}?prefix=theirs`))).reason).toBe("damaged");
    const storage = await open(redis.url);
    await client(redis).set("{mobula}:table:u", "x");
    const error = await failure(storage.apply([put("a", 1), { type: "put", table: "u", key: "k", value: new Uint8Array(1) }]));
    expect(error.reason).toBe("damaged");
    expect(await storage.load("t")).toEqual([]);
    expect((await failure(storage.load("u"))).reason).toBe("damaged");
  });

  test("a changed byte in a row is noticed", async () => {
    const redis = await server();
    const storage = await open(redis.url);
    await storage.apply([put("a", 1, 2, 3)]);
    const row = (await client(redis).hgetBuffer("{mobula}:table:t", "a"))!;
    row[5]! ^= 1;
    await client(redis).hset("{mobula}:table:t", "a", row);
    const error = await failure(storage.load("t"));
    expect(error.reason).toBe("damaged");
    expect(error.message).toContain("checksum");
  });

  test("a large table is read whole", async () => {
    const storage = await open((await server()).url);
    const batch = Array.from({ length: 20_000 }, (_, i) => put(`key ${i}`, i & 255));
    await storage.apply(batch);
    const rows = await storage.load("t");
    expect(rows.length).toBe(20_000);
    for (const [key, [value]] of rows) expect(value).toBe(Number(key.slice(4)) & 255);
  });

  test("a control store is the same after its Redis was killed", async () => {
    const redis = await server();
    const make = async () => {
      const gcs = new Gcs({ clock: { now: () => 1 }, storage: await open(redis.url) });
      await gcs.recover();
      return gcs;
    };
    const before = await make();
    addJob(before);
    before.kv.put({ namespace: "n", key: "k", value: "v" });
    await before.flush();
    await redis.kill();
    await redis.start();
    before.kv.put({ namespace: "n", key: "k2", value: new Uint8Array([7]) });
    await before.close();
    const after = await make();
    expect(after.jobs.get("j1")).toEqual(before.jobs.get("j1"));
    expect([after.kv.get({ namespace: "n", key: "k" }), after.kv.get({ namespace: "n", key: "k2" })]).toEqual(["v", new Uint8Array([7])]);
    await after.close();
  });
});

describe("the lease", () => {
  test("a store in use is refused, naming who has it; the epoch goes up with each opening", async () => {
    const redis = await server();
    const first = await open(redis.url, { ...SHORT, holder: "machine-a" });
    const error = await failure(open(redis.url, SHORT));
    expect(error.reason).toBe("in_use");
    expect(error.message).toContain("machine-a, epoch 1");
    await first.close();
    const second = await open(redis.url, SHORT);
    expect([first.lease?.epoch, second.lease?.epoch]).toEqual([1, 2]);
  });

  test("is renewed for as long as the store is open", async () => {
    const redis = await server();
    const storage = await open(redis.url, { leaseMs: 300 });
    await renewedFor(storage, 600);
    expect(await client(redis).get("{mobula}:lease")).toMatch(/^1 /);
    expect(await client(redis).pttl("{mobula}:lease")).toBeGreaterThan(0);
  });

  test("a crashed holder's store is taken once its lease has expired", async () => {
    const redis = await server();
    const proxy = await DelayProxy.start(redis.port);
    ends.push(() => proxy.close());
    const dead = await open(`redis://127.0.0.1:${proxy.port}`, SHORT);
    await dead.apply([put("a", 1)]);
    proxy.hold();
    const next = await open(redis.url, SHORT);
    expect(next.lease?.epoch).toBe(2);
    expect(await keys(next)).toEqual(["a"]);
  });

  test("a head that was taken over is fenced, writes that arrive late and reads included, and is told", async () => {
    const redis = await server();
    const proxy = await DelayProxy.start(redis.port);
    ends.push(() => proxy.close());
    const old = await open(`redis://127.0.0.1:${proxy.port}`, { ...SHORT, waitMs: 60_000 });
    await old.apply([put("a", 1)]);
    proxy.hold();
    const late = failure(old.apply([put("a", 2), put("late", 1)]));
    const next = await open(redis.url, SHORT);
    await next.apply([put("a", 3)]);
    proxy.pass();
    await proxy.release();
    const error = await late;
    expect(error.reason).toBe("fenced");
    expect(await old.lease?.lost).toMatchObject({ reason: "fenced" });
    expect((await failure(old.load("t"))).reason).toBe("fenced");
    expect(await next.load("t")).toEqual([["a", new Uint8Array([3])]]);
    await old.close();
    await next.apply([put("b", 1)]);
  });

  test("one that expired while nobody came is renewed as if nothing had happened", async () => {
    const redis = await server();
    const storage = await open(redis.url, { leaseMs: 60_000 });
    await client(redis).del("{mobula}:lease");
    await storage.apply([put("a", 1)]);
    expect(await client(redis).get("{mobula}:lease")).toMatch(/^1 /);
  });

  test("a standby waits for as long as the holder lives, and takes over when it closes", async () => {
    const redis = await server();
    const first = await open(redis.url, SHORT);
    await first.apply([put("a", 1)]);
    let taken = false;
    const standby = open(redis.url, { ...SHORT, standby: true }).finally(() => (taken = true));
    await renewedFor(first, 2_000);
    expect(taken).toBe(false);
    await first.close();
    expect(await keys(await standby)).toEqual(["a"]);
  });

  test("a standby that has seen the server waits on while it is away, however long", async () => {
    const redis = await server();
    const first = await open(redis.url, SHORT);
    const standby = open(redis.url, { ...SHORT, waitMs: 1_000, standby: true });
    await renewedFor(first, 1_000);
    await redis.kill();
    await first.close();
    // Each waits as long as that one's questions do.
    for (let times = 0; times < 2; times++) expect((await failure(open(redis.url, { waitMs: 1_000 }))).reason).toBe("unavailable");
    await redis.start();
    expect((await standby).lease!.epoch).toBe(2);
  }, 20_000);

  test("a standby can be called off", async () => {
    const redis = await server();
    await open(redis.url, SHORT);
    const reason = new Error("enough");
    const controller = new AbortController();
    const standby = open(redis.url, { ...SHORT, standby: true, signal: controller.signal });
    controller.abort(reason);
    expect(
      await standby.then(
        () => undefined,
        (error) => error,
      ),
    ).toBe(reason);
  });

  test("closing while the server is away does not hang", async () => {
    const redis = await server();
    const storage = await open(redis.url);
    await redis.kill();
    await storage.close();
  });
});

describe("the option", () => {
  test("names server, database, user, password and prefix", () => {
    expect(parseStorage("redis://h")).toMatchObject({ target: { host: "h", port: 6_379, db: 0, tls: false, prefix: "mobula" } });
    expect(parseStorage("rediss://me:p%40ss@[::1]:7000/2?prefix=a.b")).toEqual({
      kind: "redis",
      target: { host: "::1", port: 7_000, db: 2, tls: true, username: "me", password: "p@ss", prefix: "a.b" },
    });
  });

  test("a wrong one is refused without its secrets", () => {
    for (const [option, part] of [
      ["redis://:secret@", "address"],
      ["redis://:secret@h/x", "database"],
      ["redis://:secret@h?prefx=a", "prefix"],
      ["redis://:secret@h?prefix={a}", "letters"],
      ["redis://:secret@h#1", "%23"],
      ["redis://:%zzsecret@h", "%25"],
    ] as const) {
      let error: Error | undefined;
      try {
        parseStorage(option);
      } catch (caught) {
        error = caught as Error;
      }
      expect(error).toBeInstanceOf(RangeError);
      expect(error!.message).toContain(part);
      expect(error!.message).not.toContain("secret");
    }
  });
});
