import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NodeIndex } from "../../../actors/scheduler/node_index.ts";
import { hybrid, matching, type NodeView, spread } from "../../../actors/scheduler/policy/mod.ts";
import { ResourceSet } from "../../../runtime/resources/mod.ts";

const view = fc
  .record({
    cpus: fc.integer({ min: 0, max: 4 }),
    used: fc.integer({ min: 0, max: 4 }),
    gpus: fc.integer({ min: 0, max: 1 }),
    zone: fc.constantFrom("a", "b"),
    draining: fc.boolean(),
  })
  .map(
    ({ cpus, used, gpus, zone, draining }) =>
      (nodeId: string): NodeView => ({
        nodeId,
        total: ResourceSet.from({ CPU: cpus, GPU: gpus }),
        available: ResourceSet.from({ CPU: Math.max(0, cpus - used), GPU: gpus }),
        labels: { zone },
        alive: true,
        draining,
      }),
  );

const ids = ["a", "b", "c", "d", "e", "f", "g"];
const change = fc.tuple(fc.nat({ max: ids.length - 1 }), fc.option(view, { freq: 5 }));
const demands = ([{ CPU: 1 }, { CPU: 2 }, { CPU: 1, GPU: 1 }, {}] as Record<string, number>[]).map((amounts) => ResourceSet.from(amounts));
const selectors = [undefined, { zone: "b" }];

describe("the index of nodes", () => {
  test("picks as the policies do by looking at all, whatever comes, changes and goes", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (changes, chance) => {
        const index = new NodeIndex();
        const views: NodeView[] = [];
        const random = (): number => chance;
        for (const [which, make] of changes) {
          const nodeId = ids[which] as string;
          const at = views.findIndex((each) => each.nodeId === nodeId);
          if (make === null) {
            if (at >= 0) views.splice(at, 1);
          } else if (at >= 0) views[at] = make(nodeId);
          else views.push(make(nodeId));
          index.sync(views);
          for (const demand of demands) {
            for (const selector of selectors) {
              for (const without of [undefined, "c"]) {
                const among = (selector === undefined ? views : matching(views, selector)).filter((each) => each.nodeId !== without);
                const ranking = index.ranking(demand, selector);
                const best = hybrid(among, demand, { random, local: "b" });
                expect(ranking.best({ random, local: "b", without })).toBe(best?.now === true ? best.nodeId : undefined);
                const next = spread(among, demand, { last: "d" });
                expect(ranking.next("d", without)).toBe(next?.now === true ? next.nodeId : undefined);
                expect(ranking.isFeasible(without)).toBe(best !== undefined);
              }
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("counts what a node was chosen for as taken, until it reports or that is taken back", () => {
    const index = new NodeIndex();
    const one = ResourceSet.from({ CPU: 1 });
    const node = (available: number): NodeView => ({
      nodeId: "a",
      total: ResourceSet.from({ CPU: 2 }),
      available: ResourceSet.from({ CPU: available }),
      labels: {},
      alive: true,
      draining: false,
    });
    index.sync([node(2)]);
    index.promise("a", one);
    index.promise("a", one);
    expect(index.ranking(one).hasRoom("a")).toBe(false);
    index.withdraw("a", one, 1);
    expect(index.get("a")?.available).toEqual(one);
    index.reported("a");
    index.sync([node(1)]);
    expect(index.get("a")?.available).toEqual(one);
  });
});
