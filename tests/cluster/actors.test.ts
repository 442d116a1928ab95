import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  get,
  getActor,
  getRuntimeContext,
  init,
  kill,
  type ObjectRef,
  placementGroup,
  placementGroupTable,
  put,
  remote,
  removePlacementGroup,
  shutdown,
  wait,
} from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";

let cluster: Cluster;
let nodes: ClusterNode[];

beforeAll(async () => {
  cluster = await Cluster.start({ head: { numCpus: 1 } });
  nodes = [await cluster.addNode({ numCpus: 2, labels: { zone: "a" } }), await cluster.addNode({ numCpus: 2, labels: { zone: "b" } })];
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token, namespace: "tests" });
});

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
});

class Counter {
  #n: number;

  constructor(n = 0) {
    this.#n = n;
  }

  incr(by = 1): number {
    this.#n += by;
    return this.#n;
  }

  where(): string {
    return getRuntimeContext().nodeId;
  }

  total(numbers: Float64Array): number {
    return numbers.reduce((a, b) => a + b, 0);
  }

  exit(): never {
    throw new Error("not here");
  }
}

const CounterActor = remote(Counter);

describe("actors of a cluster", () => {
  test("live on any node, keep their state and their order", async () => {
    const counters = Array.from({ length: 4 }, () => CounterActor.remote());
    for (const counter of counters) {
      const results = await get(Array.from({ length: 200 }, () => counter.incr.remote()));
      expect(results).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    }
  });

  test("go to the node that their labels name, and take large arguments there", async () => {
    const numbers = put(new Float64Array(200_000).fill(1));
    const counter = CounterActor.options({ labelSelector: { zone: "b" } }).remote(5);
    expect(await get(counter.where.remote())).toBe((nodes[1] as ClusterNode).id);
    expect(await get(counter.incr.remote())).toBe(6);
    expect(await get(counter.total.remote(numbers))).toBe(200_000);
  });

  test("are reached by name from tasks on other nodes, and by handles passed there", async () => {
    const counter = CounterActor.options({ name: "shared", labelSelector: { zone: "a" } }).remote();
    await get(counter.incr.remote());
    const byName = remote(async () => {
      const found = await getActor<Counter>("shared");
      return await get(found.incr.remote());
    });
    expect(await get(byName.options({ labelSelector: { zone: "b" } }).remote())).toBe(2);
    const byHandle = remote(async (passed: typeof counter) => await get(passed.incr.remote()));
    expect(await get(byHandle.options({ labelSelector: { zone: "b" } }).remote(counter))).toBe(3);
    kill(counter);
    await waitForCondition(async () => (await getActor("shared").catch(() => "gone")) === "gone");
  });

  test("created by a task outlive it as long as somebody holds them", async () => {
    const creates = remote(() => CounterActor.options({ numCpus: 0 }).remote(40));
    const counter = await get(creates.options({ labelSelector: { zone: "a" } }).remote());
    expect(await get(counter.incr.remote(2))).toBe(42);
  });
});

describe("objects of a cluster", () => {
  test("that another node has are ready for wait without coming here", async () => {
    const make = remote(() => new Float64Array(150_000).fill(1));
    const ref = make.options({ labelSelector: { zone: "b" } }).remote();
    const [ready] = await wait([ref], { fetchLocal: false });
    expect(ready).toEqual([ref]);
    expect((await get(ref)).length).toBe(150_000);
  });

  test("held in values on another node stay", async () => {
    class Keeper {
      #kept: { ref: ObjectRef<Float64Array> } | undefined;

      keep(kept: { ref: ObjectRef<Float64Array> }): void {
        this.#kept = kept;
      }

      async sum(): Promise<number> {
        const { ref } = this.#kept as { ref: ObjectRef<Float64Array> };
        return (await get(ref)).reduce((a, b) => a + b, 0);
      }
    }
    const keeper = remote(Keeper)
      .options({ labelSelector: { zone: "a" } })
      .remote();
    const make = remote(() => new Float64Array(120_000).fill(2));
    await get(keeper.keep.remote({ ref: make.options({ labelSelector: { zone: "b" } }).remote() }));
    await waitForCondition(async () => (await get(keeper.sum.remote())) === 240_000);
  });
});

describe("placement groups of a cluster", () => {
  test("spread strictly have a node each, and tasks run in their bundles", async () => {
    const group = placementGroup([{ CPU: 1 }, { CPU: 1 }, { CPU: 1 }], { strategy: "STRICT_SPREAD" });
    await get(group.ready());
    const table = (await placementGroupTable())[group.id];
    expect(new Set(table?.bundlesToNodeId).size).toBe(3);
    const where = remote(() => getRuntimeContext().nodeId);
    const found = await get([0, 1, 2].map((bundleIndex) => where.options({ schedulingStrategy: { placementGroup: group, bundleIndex } }).remote()));
    expect(found).toEqual(table?.bundlesToNodeId as string[]);
    await removePlacementGroup(group);
  });

  test("packed strictly share one", async () => {
    const group = placementGroup([{ CPU: 1 }, { CPU: 1 }], { strategy: "STRICT_PACK" });
    await get(group.ready());
    const table = (await placementGroupTable())[group.id];
    expect(new Set(table?.bundlesToNodeId).size).toBe(1);
    const inGroup = CounterActor.options({ schedulingStrategy: { placementGroup: group, bundleIndex: 1 }, numCpus: 1 }).remote();
    expect(await get(inGroup.where.remote())).toBe(table?.bundlesToNodeId[1] as string);
    await removePlacementGroup(group);
  });
});
