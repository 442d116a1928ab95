import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BundlePlacement, type NodeView, placeBundles } from "../../../../actors/scheduler/policy/mod.ts";
import type { PlacementStrategy } from "../../../../runtime/options/mod.ts";
import { ResourceSet } from "../../../../runtime/resources/mod.ts";
import { clusters, cpus, demands, node, takes } from "./nodes.ts";

const STRATEGIES: readonly PlacementStrategy[] = ["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"];
const groups = fc.array(demands, { minLength: 1, maxLength: 4 });

/** Whether any assignment at all keeps to the strategy and to what there is: every one is tried. */
function possible(
  nodes: readonly NodeView[],
  bundles: readonly ResourceSet[],
  strategy: PlacementStrategy,
  room: (view: NodeView) => ResourceSet,
): boolean {
  const left = new Map(nodes.filter(takes).map((view) => [view.nodeId, room(view)]));
  const chosen: string[] = [];
  const search = (at: number): boolean => {
    const bundle = bundles[at];
    if (bundle === undefined) return true;
    for (const [nodeId, free] of left) {
      if (!bundle.fits(free)) continue;
      if (strategy === "STRICT_SPREAD" && chosen.includes(nodeId)) continue;
      if (strategy === "STRICT_PACK" && chosen.length > 0 && chosen[0] !== nodeId) continue;
      left.set(nodeId, free.subtract(bundle));
      chosen.push(nodeId);
      if (search(at + 1)) return true;
      chosen.pop();
      left.set(nodeId, free);
    }
    return false;
  };
  return search(0);
}

function nodesOf(placement: BundlePlacement): readonly string[] {
  if (placement.kind !== "placed") throw new Error(`not placed: ${placement.kind}`);
  return placement.nodeIds;
}

describe.each([...STRATEGIES])("%s", (strategy) => {
  test("finds a placement exactly when there is one, and tells later from never", () => {
    fc.assert(
      fc.property(clusters(4), groups, (nodes, bundles) => {
        const now = possible(nodes, bundles, strategy, (view) => view.available);
        const ever = possible(nodes, bundles, strategy, (view) => view.total);
        expect(placeBundles(nodes, bundles, strategy).kind).toBe(now ? "placed" : ever ? "busy" : "infeasible");
      }),
      { numRuns: 300 },
    );
  });

  test("never overcommits a node, and keeps to its strictness", () => {
    fc.assert(
      fc.property(clusters(6), groups, (nodes, bundles) => {
        const placement = placeBundles(nodes, bundles, strategy);
        if (placement.kind !== "placed") return;
        const { nodeIds } = placement;
        expect(nodeIds.length).toBe(bundles.length);
        for (const view of nodes) {
          const given = bundles.filter((_, index) => nodeIds[index] === view.nodeId).reduce((sum, bundle) => sum.add(bundle), ResourceSet.EMPTY);
          expect(given.fits(view.available)).toBe(true);
          if (!takes(view)) expect(nodeIds).not.toContain(view.nodeId);
        }
        const distinct = new Set(nodeIds).size;
        if (strategy === "STRICT_PACK") expect(distinct).toBe(1);
        if (strategy === "STRICT_SPREAD") expect(distinct).toBe(bundles.length);
      }),
    );
  });
});

describe("what is not strict is still tried for", () => {
  test("PACK uses one node where one is enough, SPREAD as many as it can", () => {
    const nodes = [node("a"), node("b"), node("c")];
    const bundles = [cpus(1), cpus(1), cpus(1)];
    expect(new Set(nodesOf(placeBundles(nodes, bundles, "PACK"))).size).toBe(1);
    expect(new Set(nodesOf(placeBundles(nodes, bundles, "SPREAD"))).size).toBe(3);
    const four = [...bundles, cpus(1)];
    expect(new Set(nodesOf(placeBundles(nodes, four, "SPREAD"))).size).toBe(3);
  });

  test("PACK fills two nodes before it takes a third", () => {
    const nodes = [node("a"), node("b"), node("c")];
    expect(new Set(nodesOf(placeBundles(nodes, [cpus(2), cpus(2), cpus(2), cpus(2)], "PACK"))).size).toBe(2);
  });
});

test("a hundred bundles on a thousand nodes are placed without a long search", () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => node(`n${index}`, { used: { CPU: index % 4 } }));
  const bundles = Array.from({ length: 100 }, (_, index) => cpus(1 + (index % 3)));
  for (const strategy of ["PACK", "SPREAD", "STRICT_SPREAD"] as const) expect(placeBundles(nodes, bundles, strategy).kind).toBe("placed");
  expect(placeBundles(nodes, bundles, "STRICT_PACK").kind).toBe("infeasible");
});
