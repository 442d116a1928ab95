import { describe, expect, test } from "bun:test";
import { type WaitingGroup, whatWaits } from "../../actors/cluster/mod.ts";

const small = { name: "f", resources: { CPU: 1 } };
const big = { name: "f", resources: { CPU: 64 } };
const lacking = { kind: "task" as const, ...big, nodeId: "a", why: "CPU: 64 asked for" };

describe("what waits", () => {
  test("is told apart by what it asks for, also under one name", () => {
    const reported = [{ nodeId: "a", pending: [small, big].map((demand) => ({ ...demand, waiting: 2 })) }];
    expect(whatWaits({ reported, unplaced: [lacking], groups: [] })).toEqual([
      { kind: "task", ...small, waiting: 2, nodeId: "a", why: "what it needs is in use" },
      { kind: "task", ...big, waiting: 2, nodeId: "a", why: "CPU: 64 asked for" },
    ]);
  });

  test("includes actors, counted together, and placement groups with what they lack", () => {
    const actor = { kind: "actor" as const, name: "A", resources: { GPU: 1 }, nodeId: "a", why: "GPU: 1 asked for" };
    const bundles: WaitingGroup["bundles"] = [{ resources: { CPU: 2 }, nodeId: "b" }, { resources: { CPU: 1, GPU: 1 } }, { resources: { CPU: 0.5 } }];
    const group = { placementGroupId: "p", name: undefined, bundles, why: "does not fit" };
    expect(whatWaits({ reported: [], unplaced: [actor, { ...actor, nodeId: "b" }, actor], groups: [group] })).toEqual([
      { ...actor, waiting: 2 },
      { ...actor, nodeId: "b", waiting: 1 },
      { kind: "placement group", name: "p", resources: { CPU: 1.5, GPU: 1 }, waiting: 1, why: "does not fit" },
    ]);
  });
});
