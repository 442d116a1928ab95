import { describe, expect, test } from "bun:test";
import { Gcs, MemoryStorage } from "../../../actors/gcs/mod.ts";
import { type BundleNode, PlacementGroupManager } from "../../../actors/placement_groups/mod.ts";
import { Bundles, GlobalScheduler, NodeResources } from "../../../actors/scheduler/mod.ts";
import type { PlacementStrategy } from "../../../runtime/options/mod.ts";
import { ResourceSet } from "../../../runtime/resources/mod.ts";

const caller = { from: 1, attachments: [] };

/** Nodes of so many CPUs each, as far as bundles go. Each may be told to refuse its next prepare. */
async function lab(cpus: Record<string, number>) {
  const gcs = new Gcs({ clock: { now: () => 0 }, storage: new MemoryStorage() });
  await gcs.recover();
  gcs.jobs.add({ jobId: "j", namespace: "n", nodeId: "a", driver: 1, pid: 1 });
  const nodes = new Map<string, { resources: NodeResources; bundles: Bundles; refuse: boolean; draining: boolean; face: BundleNode }>();
  for (const [nodeId, count] of Object.entries(cpus)) {
    const resources = new NodeResources(ResourceSet.from({ CPU: count }));
    const bundles = new Bundles(resources);
    const own = { resources, bundles, refuse: false, draining: false };
    const ask: BundleNode["ask"] = {
      prepareBundles: async (id, wanted) =>
        !own.refuse &&
        bundles.prepare(
          id,
          wanted.map(([index, amounts]) => [index, ResourceSet.from(amounts)] as const),
        ),
      commitBundles: async (id) => bundles.commit(id),
      unprepareBundles: async (id, indexes) => bundles.unprepare(id, indexes),
      returnBundles: async (id) => bundles.release(id),
      vacateBundles: async (id) => bundles.release(id),
      makeRoom: async () => {},
    };
    const tell: BundleNode["tell"] = {
      prepareBundles() {},
      commitBundles() {},
      unprepareBundles: (id, indexes) => bundles.unprepare(id, indexes),
      returnBundles: (id) => bundles.release(id),
      vacateBundles: (id) => bundles.release(id),
      makeRoom() {},
    };
    nodes.set(nodeId, Object.assign(own, { face: { ask, tell } }));
  }
  const warnings: string[] = [];
  const scheduler = new GlobalScheduler({
    nodes: () =>
      [...nodes].map(([nodeId, { resources, draining }]) => ({
        nodeId,
        total: resources.total,
        available: resources.available,
        labels: {},
        alive: true,
        draining,
      })),
    group: (id) => gcs.placementGroups.get(id),
    numberOf: () => 1,
    clock: { after: () => () => {} },
    random: () => 0,
    warn: () => {},
  });
  const manager = new PlacementGroupManager({
    gcs,
    scheduler,
    node: (nodeId) => nodes.get(nodeId)?.face,
    nodeIds: () => [...nodes.keys()],
    onFallout: () => {},
    warn: (text) => warnings.push(text),
  });
  const create = (id: string, bundles: Record<string, number>[], strategy: PlacementStrategy = "PACK", detached = false): void => {
    void manager.create(caller, id, { bundles, strategy, name: undefined, detached, namespace: "n", jobId: "j" });
  };
  const free = (nodeId: string): number => nodes.get(nodeId)?.resources.available.get("CPU") ?? Number.NaN;
  return { gcs, manager, nodes, warnings, create, free };
}

const state = async (promise: Promise<void> | void): Promise<string> =>
  Promise.resolve(promise).then(
    () => "ready",
    (error) => (error as { reason: string }).reason,
  );

/** What has been begun in this turn is done. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("reserving in two phases", () => {
  test("takes the bundles of every node, and tells those who wait", async () => {
    const { gcs, manager, create, free } = await lab({ a: 2, b: 2 });
    create("p", [{ CPU: 2 }, { CPU: 1 }], "STRICT_SPREAD");
    await manager.ready(caller, "p");
    expect(gcs.placementGroups.get("p")).toMatchObject({
      state: "CREATED",
      bundles: [{ nodeId: "a" }, { nodeId: "b" }],
    });
    expect([free("a"), free("b")]).toEqual([0, 1]);
  });

  test("leaves nothing behind when one node refuses, and tries again", async () => {
    const { gcs, manager, nodes, create, free } = await lab({ a: 2, b: 2 });
    const b = nodes.get("b") as { refuse: boolean };
    b.refuse = true;
    create("p", [{ CPU: 2 }, { CPU: 1 }], "STRICT_SPREAD");
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect([free("a"), free("b")]).toEqual([2, 2]);
    expect(gcs.placementGroups.get("p")?.state).toBe("PENDING");
    b.refuse = false;
    manager.retry();
    await manager.ready(caller, "p");
    expect([free("a"), free("b")]).toEqual([0, 1]);
  });

  test("leaves nothing behind on a node that has other bundles of the group, when one refuses those of a node that is gone", async () => {
    const { gcs, manager, nodes, create, free } = await lab({ a: 2, b: 2 });
    create("before", [{ CPU: 1 }]);
    await manager.ready(caller, "before");
    create("p", [{ CPU: 1 }, { CPU: 1 }, { CPU: 1 }]);
    await manager.ready(caller, "p");
    await settled();
    manager.remove(caller, "before");
    const [stays, gone] = free("a") === 1 ? (["a", "b"] as const) : (["b", "a"] as const);
    expect([free(stays), free(gone)]).toEqual([1, 0]);
    const joined = (await lab({ c: 1 })).nodes.get("c") as NonNullable<ReturnType<typeof nodes.get>>;
    nodes.set("c", Object.assign(joined, { refuse: true }));
    nodes.delete(gone);
    gcs.placementGroups.nodeLost(gone);
    manager.reschedule(["p"]);
    await settled();
    expect([gcs.placementGroups.get("p")?.state, free(stays), free("c")]).toEqual(["RESCHEDULING", 1, 1]);
    joined.refuse = false;
    manager.retry();
    await manager.ready(caller, "p");
    expect([free(stays), free("c")]).toEqual([0, 0]);
  });

  test("leaves nothing behind when the group is removed meanwhile", async () => {
    const { manager, create, free } = await lab({ a: 2 });
    create("p", [{ CPU: 2 }]);
    const waiting = state(manager.ready(caller, "p"));
    manager.remove(caller, "p");
    expect(await waiting).toBe("removed");
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(free("a")).toBe(2);
  });

  test("of many groups at once never takes more than there is, and each has its turn", async () => {
    const { manager, create, free } = await lab({ a: 3, b: 2 });
    const ids = Array.from({ length: 12 }, (_, index) => `p${index}`);
    for (const id of ids) create(id, [{ CPU: 1 }]);
    const done = new Set<string>();
    for (const id of ids) void state(manager.ready(caller, id)).then(() => done.add(id));
    for (let round = 0; done.size < ids.length && round < 20; round++) {
      for (let turn = 0; turn < 40; turn++) await Promise.resolve();
      manager.retry();
      for (const id of done) manager.remove(caller, id);
    }
    expect(done.size).toBe(12);
    for (const id of ids) manager.remove(caller, id);
    expect([free("a"), free("b")]).toEqual([3, 2]);
  });
});

test("a group that these nodes can never hold is warned of once, and made when a node joins", async () => {
  const { manager, nodes, warnings, create } = await lab({ a: 2 });
  create("p", [{ CPU: 1 }, { CPU: 1 }], "STRICT_SPREAD");
  manager.retry();
  manager.nodeJoined();
  expect(warnings).toEqual([expect.stringMatching(/STRICT_SPREAD of 2 bundles \(\{CPU: 1\}, \{CPU: 1\}\) does not fit the 1 node/)]);
  const joined = await lab({ b: 1 });
  nodes.set("b", joined.nodes.get("b") as NonNullable<ReturnType<typeof nodes.get>>);
  manager.nodeJoined();
  expect(await state(manager.ready(caller, "p"))).toBe("ready");
});

test("a job's end takes its groups with it, but not the detached", async () => {
  const { gcs, manager, create, free } = await lab({ a: 4 });
  create("p", [{ CPU: 1 }]);
  create("d", [{ CPU: 2 }], "PACK", true);
  await manager.ready(caller, "p");
  await manager.ready(caller, "d");
  manager.freed(gcs.endJob("j", { status: "SUCCEEDED" }));
  expect(
    manager
      .table()
      .map(({ placementGroupId, state }) => [placementGroupId, state])
      .sort(),
  ).toEqual([
    ["d", "CREATED"],
    ["p", "REMOVED"],
  ]);
  expect(free("a")).toBe(2);
});

describe("a group that ends with its job, or its maker", () => {
  test("before it was placed is waited for no more, whoever does, and not looked at again", async () => {
    const { gcs, manager, nodes, create, free } = await lab({ a: 1 });
    create("busy", [{ CPU: 1 }], "PACK", true);
    await manager.ready(caller, "busy");
    create("waits", [{ CPU: 1 }]);
    create("never", [{ CPU: 2 }]);
    const waiting = [state(manager.ready(caller, "waits")), state(manager.ready({ from: 99, attachments: [] }, "never"))];
    manager.freed(gcs.endJob("j", { status: "FAILED" }));
    expect(await Promise.all(waiting)).toEqual(["removed", "removed"]);
    manager.remove(caller, "busy");
    const asked: string[] = [];
    const { face } = nodes.get("a") as { face: BundleNode };
    Object.assign(face.tell, { makeRoom: () => void asked.push("room") });
    manager.retry();
    manager.nodeJoined();
    expect([asked, free("a"), manager.waiting()]).toEqual([[], 1, []]);
  });

  test("is not made for a job that has ended, but by a detached actor of it, with which it goes", async () => {
    const { gcs, manager, create, free } = await lab({ a: 4 });
    gcs.registerActor({ actorId: "d", jobId: "j", className: "D", descriptorId: "f", detached: true, name: "d", dependenciesReady: true }, 1);
    gcs.actors.alive("d", { incarnation: 0, place: 7, nodeId: "a" });
    gcs.endJob("j", { status: "SUCCEEDED" });
    const request = { bundles: [{ CPU: 1 }], strategy: "PACK", name: undefined, detached: false, namespace: "n", jobId: "j" } as const;
    for (const [id, from] of [
      ["its", 7],
      ["another's", 8],
    ] as const)
      void manager.create({ from, attachments: [] }, id, request);
    await manager.ready(caller, "its");
    await manager.ready(caller, "another's");
    expect(free("a")).toBe(2);
    manager.freed(gcs.placeLost(7, { cause: "signal" }));
    expect([gcs.placementGroups.get("its")?.state, free("a")]).toEqual(["REMOVED", 3]);
    expect(() => create("late", [{ CPU: 1 }])).toThrow("late");
  });
});

describe("a node that is to be empty", () => {
  const drain = async ({ manager, nodes }: Awaited<ReturnType<typeof lab>>, nodeId: string): Promise<void> => {
    // What has just been placed is looked at in the next turn.
    await new Promise((resolve) => setTimeout(resolve));
    (nodes.get(nodeId) as { draining: boolean }).draining = true;
    manager.vacate(nodeId);
  };
  const placesOf = ({ gcs }: Awaited<ReturnType<typeof lab>>): (string | undefined)[] =>
    gcs.placementGroups.get("p")?.bundles.map(({ nodeId }) => nodeId) ?? [];

  test("is left by its bundles, and the others of the group stay where they are", async () => {
    const cluster = await lab({ a: 1, b: 1, c: 1 });
    cluster.create("p", [{ CPU: 1 }, { CPU: 1 }], "STRICT_SPREAD");
    await cluster.manager.ready(caller, "p");
    const [gone, stays] = placesOf(cluster) as [string, string];
    await drain(cluster, gone);
    await cluster.manager.ready(caller, "p");
    expect(placesOf(cluster)).toEqual([["a", "b", "c"].find((each) => each !== gone && each !== stays), stays]);
    expect(cluster.free(gone)).toBe(1);
    cluster.manager.remove(caller, "p");
    expect(["a", "b", "c"].map(cluster.free)).toEqual([1, 1, 1]);
  });

  test("keeps the bundles for which there is no room elsewhere, until there is", async () => {
    const cluster = await lab({ a: 2, b: 2 });
    cluster.create("p", [{ CPU: 1 }, { CPU: 1 }], "STRICT_PACK");
    await cluster.manager.ready(caller, "p");
    const [gone] = placesOf(cluster) as [string];
    const other = gone === "a" ? "b" : "a";
    const resources = cluster.nodes.get(other)?.resources as NodeResources;
    resources.take(ResourceSet.from({ CPU: 1 }));
    await drain(cluster, gone);
    expect([cluster.gcs.placementGroups.get("p")?.state, placesOf(cluster)]).toEqual(["CREATED", [gone, gone]]);
    resources.give(ResourceSet.from({ CPU: 1 }));
    cluster.manager.vacate(gone);
    await cluster.manager.ready(caller, "p");
    expect([placesOf(cluster), cluster.free(gone), cluster.free(other)]).toEqual([[other, other], 2, 0]);
  });
});
