import { describe, expect, test } from "bun:test";
import { GlobalScheduler, type GroupView, type NodeView } from "../../../actors/scheduler/mod.ts";
import type { PlacementDemand } from "../../../runtime/contracts/mod.ts";
import { node } from "./policy/nodes.ts";

const caller = { from: 0, attachments: [] };

function lab(views: NodeView[]) {
  const warnings: string[] = [];
  const groups = new Map<string, GroupView>();
  const scheduler = new GlobalScheduler({
    nodes: () => views,
    numberOf: () => 1,
    clock: { after: () => () => {} },
    group: (id) => groups.get(id),
    random: () => 0,
    warn: (text) => warnings.push(text),
  });
  const place = (what: Partial<PlacementDemand>, from = "a", ticket = ""): Promise<string> =>
    scheduler.place(
      caller,
      {
        kind: "task",
        name: "f",
        resources: { CPU: 1 },
        schedulingStrategy: undefined,
        labelSelector: undefined,
        fallbackStrategy: undefined,
        ...what,
      },
      from,
      ticket,
    );
  return { scheduler, place, warnings, groups, views };
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe("what no node can have", () => {
  test("waits, with one warning that names the resource, and goes to the node that can have it when it joins", async () => {
    const { scheduler, place, warnings, views } = lab([node("a"), node("b", { total: { CPU: 8 } })]);
    const placed = place({ resources: { CPU: 16 } });
    expect(warnings).toEqual([expect.stringMatching(/^task f cannot be scheduled and waits: CPU: 16 asked for, 8 on the largest node/)]);
    scheduler.changed();
    expect(warnings.length).toBe(1);
    expect(scheduler.waiting.length).toBe(1);
    views.push(node("c", { total: { CPU: 16 } }));
    scheduler.changed();
    expect(await placed).toBe("c");
    expect(scheduler.waiting.length).toBe(0);
  });

  test("for want of labels, waits with a warning that names them", async () => {
    const { scheduler, place, warnings, views } = lab([node("a", { labels: { zone: "a" } })]);
    const placed = place({ kind: "actor", name: "C", labelSelector: { zone: "in(b,c)" } });
    expect(warnings).toEqual([expect.stringMatching(/^actor C cannot be scheduled and waits: no node has labels that match \{"zone":"in\(b,c\)"\}/)]);
    views.push(node("b", { labels: { zone: "b" } }));
    scheduler.changed();
    expect(await placed).toBe("b");
  });
});

describe("what waits no more", () => {
  test("is withdrawn by whoever has asked, and is not told as waiting", async () => {
    const { scheduler, place } = lab([node("a")]);
    const [first, second] = [place({ resources: { GPU: 1 } }, "a", "first"), place({ resources: { GPU: 1 } }, "a", "second")];
    scheduler.withdraw(caller, "first");
    expect(String(await caught(first))).toContain("nothing waits for it any more");
    expect(scheduler.unplaced().length).toBe(1);
    scheduler.withdraw(caller, "second");
    await caught(second);
    expect(scheduler.unplaced()).toEqual([]);
  });

  test("goes with the node that has asked, but for actors, which may outlive their owners", async () => {
    const { scheduler, place } = lab([node("a"), node("b")]);
    const task = place({ resources: { GPU: 1 } }, "b", "task");
    void caught(place({ kind: "actor", name: "A", resources: { GPU: 1 } }, "b", "actor"));
    scheduler.nodeLost("b");
    expect(String(await caught(task))).toContain("node b is gone");
    expect(scheduler.unplaced().map(({ name }) => name)).toEqual(["A"]);
  });
});

describe("strategies", () => {
  test("the node that asks is taken where it is as good as any; SPREAD goes round", async () => {
    const { place } = lab([node("a"), node("b"), node("c")]);
    expect(await place({ labelSelector: {} }, "b")).toBe("b");
    const visited: string[] = [];
    for (let i = 0; i < 4; i++) visited.push(await place({ schedulingStrategy: "SPREAD" }));
    expect(visited).toEqual(["a", "b", "c", "a"]);
  });

  test("hard affinity to a node that is gone, going, dead or too small is refused, and says which", async () => {
    const { place } = lab([node("a"), node("dead", { alive: false }), node("going", { draining: true })]);
    const refusal = async (nodeId: string, what: Partial<PlacementDemand> = {}): Promise<unknown> =>
      caught(place({ schedulingStrategy: { nodeId, soft: false }, ...what }));
    expect(await refusal("none")).toMatchObject({
      code: "TASK_UNSCHEDULABLE",
      reason: expect.stringMatching("does not have"),
    });
    expect(await refusal("dead", { kind: "actor" })).toMatchObject({
      code: "ACTOR_UNSCHEDULABLE",
      reason: expect.stringMatching("is dead"),
    });
    expect(await refusal("going")).toMatchObject({ reason: expect.stringMatching("drained") });
    expect(await refusal("a", { resources: { CPU: 5 } })).toMatchObject({
      reason: expect.stringMatching("CPU: 5 asked for, 4 on this node"),
    });
    expect(await place({ schedulingStrategy: { nodeId: "dead", soft: true } })).toBe("a");
  });
});

describe("placement groups", () => {
  const strategy = (bundleIndex = -1) => ({
    schedulingStrategy: { placementGroupId: "p", bundleIndex, captureChildTasks: false },
  });
  const bundles = [
    { resources: { CPU: 1 }, nodeId: "a" },
    { resources: { CPU: 2 }, nodeId: "b" },
  ];

  test("a demand goes to the node of a bundle that can have it, once the group is made", async () => {
    const { scheduler, place, groups, warnings } = lab([node("a"), node("b")]);
    groups.set("p", { state: "PENDING", name: undefined, bundles });
    const placed = place({ ...strategy(), resources: { CPU: 2 } });
    expect(warnings).toEqual([]);
    groups.set("p", { state: "CREATED", name: undefined, bundles });
    scheduler.changed();
    expect(await placed).toBe("b");
    expect(await place(strategy(0))).toBe("a");
  });

  test("what no bundle can have, or names a bundle or group that is not there, is refused", async () => {
    const { scheduler, place, groups } = lab([node("a"), node("b")]);
    expect(await caught(place(strategy()))).toMatchObject({ reason: "not-found", placementGroupId: "p" });
    groups.set("p", { state: "PENDING", name: "shelf", bundles });
    expect(await caught(place({ ...strategy(), resources: { CPU: 3 } }))).toMatchObject({
      reason: expect.stringMatching("none of the bundles"),
    });
    expect(await caught(place({ ...strategy(0), resources: { CPU: 2 } }))).toMatchObject({
      reason: expect.stringMatching(/bundle 0 .* too small/),
    });
    expect(await caught(place(strategy(2)))).toMatchObject({ reason: expect.stringMatching("has no bundle 2") });
    const waiting = caught(place(strategy()));
    groups.set("p", { state: "REMOVED", name: "shelf", bundles });
    scheduler.changed();
    expect(await waiting).toMatchObject({ reason: "removed", placementGroupName: "shelf" });
  });
});
