import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ActorDiedError,
  availableResources,
  clusterResources,
  get,
  getActor,
  init,
  kill,
  kv,
  listNamedActors,
  nodes,
  placementGroup,
  put,
  remote,
  removePlacementGroup,
  shutdown,
} from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { rejection } from "../rejection.ts";
import { collectGarbage } from "../runtime/memory/collect.ts";
import { CounterActor, HolderActor, until } from "./survivors.ts";

let folder: string;
let cluster: Cluster;
let members: ClusterNode[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mobula-restart-"));
  cluster = await Cluster.start({ head: { numCpus: 0, storage: `sqlite:${join(folder, "head.db")}` } });
  members = [await cluster.addNode({ numCpus: 2, labels: { role: "member" } }), await cluster.addNode({ numCpus: 2, labels: { role: "member" } })];
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token, namespace: "n", logToDriver: false });
});

afterEach(async () => {
  await shutdown();
  await cluster.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

describe("while the head is away", () => {
  test("what runs goes on: tasks end, new ones begin, actors answer, in order", async () => {
    const go = join(folder, "go");
    const running = [1, 2, 3].map((x) => until.remote(go, x));
    const counter = CounterActor.remote();
    expect(await get(counter.add.remote())).toBe(1);
    const square = remote((x: number) => x * x);
    expect(await get(square.remote(3))).toBe(9);
    await cluster.killHead();
    const calls = Array.from({ length: 200 }, () => counter.add.remote());
    expect(await get(calls)).toEqual(Array.from({ length: 200 }, (_, i) => i + 2));
    writeFileSync(go, "");
    expect(await get(running)).toEqual([1, 2, 3]);
    await cluster.restartHead();
    await waitForCondition(async () => (await availableResources())["CPU"] === 4);
    expect(await get(Array.from({ length: 100 }, (_, i) => square.remote(i)))).toEqual(Array.from({ length: 100 }, (_, i) => i * i));
    expect(await get(counter.add.remote(10))).toBe(211);
    expect((await nodes()).filter(({ alive }) => alive).map(({ nodeId }) => nodeId)).toContain(members[0]?.id as string);
  }, 60_000);

  test("new actors, names, placement groups and keys wait, and complete when it is back", async () => {
    await kv.put("before", "1");
    const named = CounterActor.options({ name: "first" }).remote();
    expect(await get(named.add.remote())).toBe(1);
    await cluster.killHead();
    const later = CounterActor.options({ name: "second" }).remote();
    const added = [1, 2, 3].map((by) => later.add.remote(by));
    const found = getActor("first") as unknown as Promise<typeof named>;
    const again = CounterActor.options({ name: "first", getIfExists: true }).remote();
    const addedAgain = again.add.remote(5);
    const group = placementGroup([{ CPU: 1 }, { CPU: 1 }], { strategy: "STRICT_SPREAD" });
    const written = kv.put("after", "2");
    const [counted] = [named.add.remote()];
    expect(await get(counted as never)).toBe(2 as never);
    await cluster.restartHead();
    expect(await get(added)).toEqual([1, 3, 6]);
    expect(await get((await found).add.remote())).toBeGreaterThan(2);
    expect(await get(addedAgain)).toBeGreaterThan(6);
    await get(group.ready());
    await written;
    expect([await kv.get("before"), await kv.get("after")]).toEqual(["1", "2"]);
    expect((await listNamedActors()).map(({ name }) => name).sort()).toEqual(["first", "second"]);
    removePlacementGroup(group);
    await waitForCondition(async () => (await availableResources())["CPU"] === 4);
  }, 60_000);

  test("what dies is found when it is back: actors are made anew elsewhere, tasks were tried again", async () => {
    const large = put(new Float64Array(100_000).fill(2));
    const holders = [HolderActor.remote(large), HolderActor.remote(large), HolderActor.remote(large)];
    const places = await get(holders.map((holder) => holder.where.remote()));
    const doomed = members.find(({ id }) => id === places[0]) as ClusterNode;
    const process3 = CounterActor.options({ isolation: "process", maxRestarts: 0 }).remote();
    await get(process3.where.remote());
    await cluster.killHead();
    await cluster.removeNode(doomed, { allowGraceful: false });
    const error = await rejection(get(process3.exit.remote(), { timeoutMs: 500 }));
    expect(error).toBeDefined();
    await cluster.restartHead();
    await cluster.addNode({ numCpus: 2, labels: { role: "member" } });
    for (const holder of holders) expect(await get(holder.sum.remote(), { timeoutMs: 30_000 })).toBe(200_000);
    expect(((await rejection(get(process3.add.remote(), { timeoutMs: 20_000 }))) as ActorDiedError).code).toBe("ACTOR_DIED");
    await waitForCondition(async () => (await clusterResources())["CPU"] === 4);
  }, 60_000);
});

describe("a head that is back", () => {
  test("ends what nobody holds any more, and keeps what is held or detached", async () => {
    const detached = CounterActor.options({ name: "kept", lifetime: "detached" }).remote();
    expect(await get(detached.add.remote())).toBe(1);
    const held = CounterActor.options({ name: "held" }).remote();
    expect(await get(held.add.remote())).toBe(1);
    let dropped: ReturnType<typeof CounterActor.remote> | undefined = CounterActor.options({ name: "dropped" }).remote();
    expect(await get(dropped.add.remote())).toBe(1);
    const killed = CounterActor.options({ name: "killed" }).remote();
    expect(await get(killed.add.remote())).toBe(1);
    await cluster.killHead();
    kill(killed);
    dropped = undefined;
    await cluster.restartHead();
    const names = async (): Promise<string> => {
      collectGarbage();
      return (await listNamedActors())
        .map(({ name }) => name)
        .sort()
        .join();
    };
    await waitForCondition(async () => (await names()) === "held,kept", { timeoutMs: 20_000 });
    expect(await get(held.add.remote())).toBe(2);
    await shutdown();
    await init({ address: cluster.address, token: cluster.token, namespace: "n" });
    await waitForCondition(async () => (await listNamedActors()).map(({ name }) => name).join() === "kept");
    const kept = (await getActor("kept")) as unknown as typeof detached;
    expect(await get(kept.add.remote())).toBe(2);
  }, 60_000);
});
