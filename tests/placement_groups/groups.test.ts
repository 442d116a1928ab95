import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  availableResources,
  get,
  getPlacementGroup,
  getRuntimeContext,
  init,
  type PlacementGroup,
  PlacementGroupError,
  placementGroup,
  placementGroupTable,
  remote,
  removePlacementGroup,
  shutdown,
  TaskUnschedulableError,
  wait,
} from "../../mod.ts";
import type { StateContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, remoteContract, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { session } from "../../runtime/session/mod.ts";
import { GateActor } from "../tasks/gate.ts";
import { failure } from "./failure.ts";

beforeAll(() => init({ numCpus: 3, resources: { tape: 10 } }));
afterAll(() => shutdown());

const whereAmI = remote(() => getRuntimeContext().placementGroupId);
const tapeless = remote(() => 1, { numCpus: 0 });

/** Makes a group for the time of a test. */
async function withGroup(bundles: Record<string, number>[], body: (group: PlacementGroup) => Promise<void>): Promise<void> {
  const group = placementGroup(bundles);
  try {
    await body(group);
  } finally {
    await removePlacementGroup(group);
  }
}

describe("a group", () => {
  test("takes its resources from the node when it is made, and gives them back when it is removed", async () => {
    const before = (await availableResources())["tape"];
    const group = placementGroup([{ tape: 2 }, { tape: 3 }], { strategy: "STRICT_PACK" });
    expect(group.bundleSpecs).toEqual([{ tape: 2 }, { tape: 3 }]);
    expect(group.bundleCount).toBe(2);
    expect(await get(group.ready())).toBe(true);
    expect((await availableResources())["tape"]).toBe((before as number) - 5);
    await removePlacementGroup(group);
    expect((await availableResources())["tape"]).toBe(before as number);
  });

  test("that does not fit now is made when another goes", async () => {
    const first = placementGroup([{ tape: 8 }]);
    const second = placementGroup([{ tape: 8 }]);
    expect(await first.wait()).toBe(true);
    expect(await second.wait(0)).toBe(false);
    const ready = second.ready();
    await removePlacementGroup(first);
    expect(await get(ready)).toBe(true);
    await removePlacementGroup(second);
  });

  test("that one node can never hold stays pending", async () => {
    const spread = placementGroup([{ tape: 1 }, { tape: 1 }], { strategy: "STRICT_SPREAD" });
    const large = placementGroup([{ tape: 11 }]);
    expect(await spread.wait(20)).toBe(false);
    const table = await placementGroupTable();
    expect([table[spread.id]?.state, table[large.id]?.state]).toEqual(["PENDING", "PENDING"]);
    await Promise.all([removePlacementGroup(spread), removePlacementGroup(large)]);
    expect(await failure(spread.wait(1000))).toBeInstanceOf(PlacementGroupError);
  });

  test("is found by its name, which is one group's alone until that is removed", async () => {
    const group = placementGroup([{ tape: 1 }], { name: "shelf" });
    const found = await getPlacementGroup("shelf");
    expect([found.id, found.name, found.bundleSpecs]).toEqual([group.id, "shelf", [{ tape: 1 }]]);
    expect(await found.wait()).toBe(true);
    const taken = placementGroup([{ tape: 1 }], { name: "shelf" });
    expect(await failure(taken.wait())).toMatchObject({ code: "PLACEMENT_GROUP_ERROR", reason: "name-taken" });
    expect(await failure(get(taken.ready()))).toMatchObject({ reason: "name-taken" });
    await removePlacementGroup(found);
    expect(await failure(getPlacementGroup("shelf"))).toMatchObject({ reason: "not-found" });
    const next = placementGroup([{ tape: 1 }], { name: "shelf" });
    expect(await next.wait()).toBe(true);
    await removePlacementGroup(next);
  });

  test("is listed, with its states, in the table and in the control store", async () => {
    const group = placementGroup([{ tape: 1 }], { name: "listed", strategy: "SPREAD" });
    await group.wait();
    const { nodeId } = getRuntimeContext();
    expect((await placementGroupTable())[group.id]).toEqual({
      placementGroupId: group.id,
      name: "listed",
      strategy: "SPREAD",
      state: "CREATED",
      bundles: [{ tape: 1 }],
      bundlesToNodeId: [nodeId],
    });
    await removePlacementGroup(group);
    const { kernel } = session().caller;
    const node = remoteContract<StateContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.state);
    expect(await node.state({ kind: "placement-groups", id: group.id })).toMatchObject({
      state: "REMOVED",
      name: "listed",
    });
  });

  test("can be passed to a task, which uses it and waits for it", async () => {
    await withGroup([{ CPU: 1 }], async (group) => {
      const inner = remote(async (passed: PlacementGroup) => {
        const ready = await get(passed.ready());
        const where = await get(whereAmI.options({ schedulingStrategy: { placementGroup: passed } }).remote());
        return [ready, where, passed.bundleCount];
      });
      expect(await get(inner.remote(group))).toEqual([true, group.id, 1]);
    });
  });

  test("a thousand are made, awaited and removed, and nothing is left", async () => {
    const before = await availableResources();
    const groups = Array.from({ length: 1000 }, () => placementGroup([{ tape: 0.001 }]));
    expect((await Promise.all(groups.map((group) => group.wait()))).every(Boolean)).toBe(true);
    await Promise.all(groups.map((group) => removePlacementGroup(group)));
    expect((await availableResources())["tape"]).toBe(before["tape"] as number);
  });

  test("says what is wrong with bundles and options", async () => {
    expect(() => placementGroup([])).toThrow(RangeError);
    expect(() => placementGroup([{ CPU: -1 }])).toThrow(RangeError);
    expect(() => placementGroup([{ CPU: 1 }], { strategy: "TIGHT" as "PACK" })).toThrow("strategy");
    expect(await failure(getPlacementGroup(1 as unknown as string))).toBeInstanceOf(TypeError);
  });
});

describe("a task in a group", () => {
  test("uses the bundle's resources and not the node's", async () => {
    await withGroup([{ tape: 10 }], async (group) => {
      await group.wait();
      const writer = remote(() => getRuntimeContext().placementGroupId, { resources: { tape: 6 }, numCpus: 0 });
      const outside = writer.remote();
      expect(await get(writer.options({ schedulingStrategy: { placementGroup: group } }).remote())).toBe(group.id);
      expect(await wait([outside], { timeoutMs: 50 })).toEqual([[], [outside]]);
    });
  });

  test("waits while its bundle is in use, and not for other bundles", async () => {
    await withGroup([{ tape: 1 }, { tape: 1 }], async (group) => {
      const gate = GateActor.remote();
      const holder = remote(async (to: typeof gate) => get(to.pass.remote()), { resources: { tape: 1 }, numCpus: 0 });
      const quick = remote(() => "ran", { resources: { tape: 1 }, numCpus: 0 });
      const strategy = (bundleIndex: number) => ({ schedulingStrategy: { placementGroup: group, bundleIndex } });
      const holding = holder.options(strategy(0)).remote(gate);
      await get(gate.arrived.remote(1));
      const queued = quick.options(strategy(0)).remote();
      expect(await get(quick.options(strategy(1)).remote())).toBe("ran");
      expect(await get(quick.options(strategy(-1)).remote())).toBe("ran");
      expect(await wait([queued], { timeoutMs: 30 })).toEqual([[], [queued]]);
      await get(gate.open.remote());
      await get(holding);
      expect(await get(queued)).toBe("ran");
    });
  });

  test("waits until the group is made", async () => {
    await withGroup([{ tape: 10 }], async (first) => {
      await first.wait();
      const second = placementGroup([{ tape: 5 }]);
      const task = tapeless.options({ schedulingStrategy: { placementGroup: second } }).remote();
      expect((await wait([task], { timeoutMs: 30 }))[0]).toEqual([]);
      await removePlacementGroup(first);
      expect(await get(task)).toBe(1);
      await removePlacementGroup(second);
    });
  });

  test("that asks for more than any bundle has is told so at once, or through its ref", async () => {
    await withGroup([{ CPU: 1 }, { CPU: 0.5 }], async (group) => {
      const strategy = { schedulingStrategy: { placementGroup: group } };
      expect(() => whereAmI.options({ ...strategy, numCpus: 2 }).remote()).toThrow(/CPU: 2.*any bundle.*CPU: 0.5/);
      const byId = { schedulingStrategy: { placementGroup: { id: group.id }, bundleIndex: 1 } };
      const refused = get(whereAmI.options(byId).remote());
      expect(await failure(refused)).toBeInstanceOf(TaskUnschedulableError);
      expect(await failure(refused)).toMatchObject({ message: expect.stringMatching("bundle 1") });
      expect(() => whereAmI.options({ schedulingStrategy: { placementGroup: group, bundleIndex: 2 } })).toThrow("bundleIndex");
    });
  });

  test("hands the group down to what it submits only if told to, and what says otherwise stays out", async () => {
    await withGroup([{ CPU: 2 }], async (group) => {
      const parent = remote(async () => {
        const { placementGroupId } = getRuntimeContext();
        const grandchild = remote(async () => get(whereAmI.remote()));
        return [
          placementGroupId,
          await get(whereAmI.remote()),
          await get(grandchild.remote()),
          await get(whereAmI.options({ schedulingStrategy: "DEFAULT" }).remote()),
        ];
      });
      const inGroup = (captureChildTasks: boolean) =>
        get(parent.options({ schedulingStrategy: { placementGroup: group, captureChildTasks } }).remote());
      expect(await inGroup(false)).toEqual([group.id, undefined, undefined, undefined]);
      expect(await inGroup(true)).toEqual([group.id, group.id, group.id, undefined]);
    });
  });

  test("gives its CPU back to the bundle while it waits for a child in the same bundle", async () => {
    await withGroup([{ CPU: 1 }], async (group) => {
      const parent = remote(async (): Promise<unknown> => get(whereAmI.remote()));
      expect(await get(parent.options({ schedulingStrategy: { placementGroup: group, captureChildTasks: true } }).remote())).toBe(group.id);
    });
  });

  test("of a group that is unknown or gone is refused", async () => {
    const group = placementGroup([{ CPU: 1 }]);
    await group.wait();
    await removePlacementGroup(group);
    const late = Array.from({ length: 20 }, () => get(whereAmI.options({ schedulingStrategy: { placementGroup: group } }).remote()));
    for (const each of late) expect(await failure(each)).toMatchObject({ code: "PLACEMENT_GROUP_ERROR", reason: "removed" });
    const unknown = get(whereAmI.options({ schedulingStrategy: { placementGroup: { id: "p0-0" } } }).remote());
    expect(await failure(unknown)).toMatchObject({ reason: "not-found" });
  });
});
