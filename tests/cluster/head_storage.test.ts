import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { startNodeProcess } from "../../actors/driver/mod.ts";
import { dialNode } from "../../actors/endpoint/mod.ts";
import { openStorage } from "../../actors/gcs/mod.ts";
import { headOf } from "../../actors/sessions/mod.ts";
import { get, getActor, init, isInitialized, kv, nodes, StorageError, shutdown } from "../../mod.ts";
import type { ClusterContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, HEAD_PLACE, Kernel, placeId, remoteContract, systemClock } from "../../runtime/kernel/mod.ts";
import { faultWire } from "../../runtime/values/mod.ts";
import { Cluster, waitForCondition } from "../../testing/mod.ts";
import { DelayProxy } from "../actors/gcs/delay_proxy.ts";
import { freePort, RedisServer } from "../actors/gcs/redis_server.ts";
import { rejection } from "../rejection.ts";
import { CounterActor, until } from "./survivors.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  await shutdown();
  for (const end of ends.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mobula-head-"));
  ends.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function redis(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...args);
  ends.push(() => server.stop());
  return server;
}

describe("storage that can't be opened", () => {
  test("is what init complains of, with the reason and what to do; nothing is left running", async () => {
    const foreign = join(folder(), "notes.txt");
    writeFileSync(foreign, "not a database, but long enough to be looked at as one\n".repeat(100));
    const locked = await redis("--requirepass", "secret");
    for (const [storage, reason, part] of [
      [`sqlite:${foreign}`, "damaged", "not a database"],
      [`sqlite:${foreign}/below.db`, "unavailable", "below.db"],
      [locked.url.replace("//", "//:wrong@"), "denied", "password"],
    ] as const) {
      const error = (await rejection(init({ storage, numCpus: 1 }))) as StorageError;
      expect(error).toBeInstanceOf(StorageError);
      expect([error.code, error.reason]).toEqual(["STORAGE_ERROR", reason]);
      expect(error.message).toContain(part);
      await waitForCondition(() => !isInitialized());
    }
  });

  test("that is wrongly written is refused before anything is started, and without its secrets", async () => {
    for (const storage of ["redis://:secret@h/x", "redis://:secret@h?prefx=a", "sqlite::memory:"]) {
      const error = (await rejection(init({ storage }))) as Error;
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain("storage");
      expect(error.message).not.toContain("secret");
      expect(isInitialized()).toBe(false);
    }
  });

  test("is what a head's process says, and its code", async () => {
    const storage = `redis://127.0.0.1:${await freePort()}`;
    const error = (await rejection(startNodeProcess({ storage, numCpus: 1 }))) as StorageError;
    expect(error.code).toBe("STORAGE_ERROR");
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.message).toContain("Check that the Redis server runs");
  }, 30_000);

  test("or read: a row that no control store wrote", async () => {
    const option = `sqlite:${join(folder(), "head.db")}`;
    const storage = await openStorage(option);
    await storage.apply([{ type: "put", table: "jobs", key: "j", value: new Uint8Array([0xff, 0xff]) }]);
    await storage.close();
    const error = (await rejection(init({ storage: option, numCpus: 1 }))) as StorageError;
    expect([error.code, error.reason]).toEqual(["STORAGE_ERROR", "damaged"]);
    expect(error.message).toContain('row "j" of table jobs');
  });
});

describe("a head that was taken over", () => {
  test("ends, and says who has its store; its nodes go to the one that stood by, and go on", async () => {
    const server = await redis();
    const token = "f".repeat(64);
    const [one, other] = [await freePort(), await freePort()];
    const options = { storage: server.url, token, numCpus: 0 };
    const first = await startNodeProcess({ ...options, port: one });
    const address = `ws://127.0.0.1:${one},ws://127.0.0.1:${other}`;
    const node = await startNodeProcess({ address, token, numCpus: 2 });
    const second = await startNodeProcess({ ...options, port: other, standby: true });
    ends.push(async () => {
      for (const each of [second, node]) each.kill("SIGKILL");
      await Promise.all([second.ended, node.ended]);
    });
    await init({ address, token, logToDriver: false });
    await kv.put("k", "v");
    const counter = CounterActor.options({ labelSelector: {}, numCpus: 1 }).remote();
    expect(await get(counter.add.remote())).toBe(1);
    // A frozen machine: its lease runs out.
    first.kill("SIGSTOP");
    const later = until.remote("/", 5);
    expect(await kv.get("k")).toBe("v");
    expect(await get([counter.add.remote(), later])).toEqual([2, 5]);
    first.kill("SIGCONT");
    expect(await first.ended).toBe(1);
    expect(first.lastLines().join("\n")).toContain("was taken over by another control store");
    expect((await nodes()).filter(({ alive }) => alive).map(({ nodeId }) => nodeId)).toContain(second.nodeId);
    expect(await get(counter.add.remote())).toBe(3);
  }, 60_000);
});

describe("a head that has lost its store alone", () => {
  test("is left for the one that stood by before that gives anybody up, and ends", async () => {
    const server = await redis();
    const proxy = await DelayProxy.start(server.port);
    ends.push(() => proxy.close());
    const token = "f".repeat(64);
    const [one, other] = [await freePort(), await freePort()];
    const first = await startNodeProcess({ storage: `redis://127.0.0.1:${proxy.port}`, token, numCpus: 0, port: one });
    const address = `ws://127.0.0.1:${one},ws://127.0.0.1:${other}`;
    const node = await startNodeProcess({ address, token, numCpus: 2 });
    const second = await startNodeProcess({ storage: server.url, token, numCpus: 1, port: other, standby: true });
    ends.push(async () => {
      for (const each of [second, node]) each.kill("SIGKILL");
      await Promise.all([second.ended, node.ended]);
    });
    await init({ address, token, namespace: "n", logToDriver: false });
    const lasting = { labelSelector: {}, numCpus: 1, lifetime: "detached", maxRestarts: -1 } as const;
    const counter = CounterActor.options({ ...lasting, name: "counter" }).remote();
    expect(await get([counter.add.remote(), counter.where.remote()])).toEqual([1, node.nodeId]);
    proxy.hold();
    // The one that has it no more can't say where that is to live.
    const later = CounterActor.options({ ...lasting, numCpus: 0, name: "later" }).remote();
    expect(await get(later.add.remote(), { timeoutMs: 45_000 })).toBe(1);
    expect(await first.ended).toBe(1);
    expect(first.lastLines().join("\n")).toContain("was taken over by another control store");
    const alive = (await nodes()).filter((each) => each.alive).map(({ nodeId }) => nodeId);
    expect(alive).toEqual(expect.arrayContaining([second.nodeId, node.nodeId]));
    expect(await get([counter.add.remote(), counter.where.remote()])).toEqual([2, node.nodeId]);
  }, 90_000);
});

describe("a head that stands by", () => {
  test("ends with the cluster that is stopped, whose tables another start goes on with", async () => {
    const { url: storage, port } = await redis();
    const token = "f".repeat(64);
    const [one, other] = [await freePort(), await freePort()];
    const options = { storage, token, numCpus: 0 };
    const first = await startNodeProcess({ ...options, port: one });
    await init({ address: first.url, token, logToDriver: false });
    await kv.put("k", "v");
    await shutdown();
    const second = await startNodeProcess({ ...options, port: other, standby: true });
    ends.push(() => second.kill("SIGKILL"));
    const beside = new Redis(port, "127.0.0.1");
    ends.push(() => beside.disconnect());
    // Both have asked for the lease.
    await waitForCondition(async () => String(await beside.client("LIST")).match(/ cmd=eval /g)?.length === 2, { timeoutMs: 10_000 });
    await headOf({ url: first.url, token })({ about: "stop" });
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    expect(second.lastLines().join("\n")).toContain("the cluster was stopped");
    const again = await startNodeProcess({ ...options, port: one });
    ends.push(() => again.kill("SIGKILL"));
    await init({ address: again.url, token, logToDriver: false });
    expect(await kv.get("k")).toBe("v");
  }, 60_000);
});

describe("a head", () => {
  test("takes no node under a number that it did not give", async () => {
    const cluster = await Cluster.start({ head: { numCpus: 1 } });
    ends.push(() => cluster.shutdown());
    const kernel = new Kernel({ place: placeId(77, 0), faults: faultWire });
    const events = { onFrame: (frame: Parameters<Kernel["receive"]>[0]) => kernel.receive(frame) };
    const link = await dialNode({ url: cluster.address, node: 77, token: cluster.token, clock: systemClock, events });
    ends.push(() => link.close());
    kernel.connect(HEAD_PLACE, link);
    const spec = { node: 77, nodeId: "stray", url: "ws://127.0.0.1:1", resources: {}, labels: {}, pid: 1, runtime: "bun", takesWork: true };
    const error = await rejection(remoteContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster).register(spec));
    expect(String(error)).toContain("number 77 was not given to node stray");
    await cluster.waitForNodes();
  });

  test("that is started anew has what it stored, numbers no node as one of before, and does without those that do not come back", async () => {
    const storage = `sqlite:${join(folder(), "head.db")}`;
    const cluster = await Cluster.start({ head: { numCpus: 1, storage } });
    ends.push(() => cluster.shutdown());
    const node = await cluster.addNode({ numCpus: 1 });
    const before = [cluster.head, node];
    await init({ address: cluster.address, token: cluster.token });
    const counter = CounterActor.options({ labelSelector: {}, numCpus: 1, name: "counter", namespace: "n", lifetime: "detached", maxRestarts: -1 });
    expect(await get(counter.remote().add.remote())).toBe(1);
    await kv.put("k", "v");
    await shutdown();
    await cluster.killHead();
    await cluster.removeNode(node, { allowGraceful: false });
    await cluster.restartHead();
    await init({ address: cluster.address, token: cluster.token });
    expect(await kv.get("k")).toBe("v");
    await waitForCondition(async () => (await nodes()).find(({ nodeId }) => nodeId === node.id)?.["alive"] === false, { timeoutMs: 10_000 });
    const known = await nodes();
    for (const { id } of before) expect(known.find(({ nodeId }) => nodeId === id)).toMatchObject({ alive: false });
    expect(known.find(({ nodeId }) => nodeId === cluster.head.id)).toMatchObject({ alive: true });
    // Made anew, from what the head before had kept: its class, too, whose program is gone.
    const again = (await getActor("counter", { namespace: "n" })) as unknown as ReturnType<typeof counter.remote>;
    expect(await get(again.add.remote(), { timeoutMs: 20_000 })).toBe(1);
    expect(await get(again.where.remote())).toBe(cluster.head.id);
  }, 60_000);
});
