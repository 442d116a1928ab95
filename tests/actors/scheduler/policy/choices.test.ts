import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Choice, hybrid, labels, locality, type NodeView, nodeAffinity, type Policy, spread } from "../../../../actors/scheduler/policy/mod.ts";
import type { ResourceSet } from "../../../../runtime/resources/mod.ts";
import { clusters, cpus, demands, node, takes } from "./nodes.ts";

const first = (): number => 0;
const anywhere: Policy = (nodes, demand) => hybrid(nodes, demand, { random: first });

/** A choice is right when it names a usable node that has room, or, where none has, one that could have it. */
function expectSound(choice: Choice | undefined, nodes: readonly NodeView[], demand: ResourceSet): void {
  const free = nodes.filter((each) => takes(each) && demand.fits(each.available));
  const able = nodes.filter((each) => takes(each) && demand.fits(each.total));
  expect(choice === undefined).toBe(able.length === 0);
  if (choice === undefined) return;
  expect(choice.now).toBe(free.length > 0);
  expect((choice.now ? free : able).map(({ nodeId }) => nodeId)).toContain(choice.nodeId);
}

describe("every policy", () => {
  const policies: Record<string, Policy> = {
    hybrid: anywhere,
    spread: (nodes, demand) => spread(nodes, demand, { last: "n1" }),
    "soft affinity to an unknown node": (nodes, demand) => nodeAffinity(nodes, demand, { nodeId: "none", soft: true, otherwise: anywhere }),
    "labels that say nothing": (nodes, demand) => labels(nodes, demand, { selectors: [{}], among: anywhere }),
    "locality without arguments": (nodes, demand) => locality(nodes, demand, { bytes: new Map(), otherwise: anywhere }),
  };
  for (const [name, policy] of Object.entries(policies)) {
    test(`finds a node with room if there is one, and never overcommits: ${name}`, () => {
      fc.assert(fc.property(clusters(6), demands, (nodes, demand) => expectSound(policy(nodes, demand), nodes, demand)));
    });
  }
});

describe("hybrid", () => {
  test("takes the node that asks while it is less than half used", () => {
    const nodes = [node("a"), node("b", { used: { CPU: 1 } })];
    expect(hybrid(nodes, cpus(1), { random: first, local: "b" })).toEqual({ nodeId: "b", now: true });
  });

  test("leaves the node that asks when it is fuller than others", () => {
    const nodes = [node("a"), node("b", { used: { CPU: 3 } })];
    expect(hybrid(nodes, cpus(1), { random: first, local: "b" })?.nodeId).toBe("a");
  });

  test("fills nodes one after the other below the threshold, and the emptiest above it", () => {
    expect(hybrid([node("a", { used: { CPU: 1 } }), node("b")], cpus(1), { random: first })?.nodeId).toBe("a");
    expect(hybrid([node("a", { used: { CPU: 3 } }), node("b", { used: { CPU: 2 } })], cpus(1), { random: first })?.nodeId).toBe("b");
  });

  test("lets chance decide among the best fifth", () => {
    const nodes = Array.from({ length: 10 }, (_, index) => node(`n${index}`));
    const chosen = new Set([0, 0.3, 0.6, 0.99].map((roll) => hybrid(nodes, cpus(1), { random: () => roll })?.nodeId));
    expect([...chosen].sort()).toEqual(["n0", "n1"]);
  });

  test("keeps what needs no GPU off nodes that have some, while others do", () => {
    const nodes = [node("a", { total: { CPU: 4, GPU: 1 } }), node("b", { used: { CPU: 3 } })];
    expect(hybrid(nodes, cpus(1), { random: first })?.nodeId).toBe("b");
    expect(hybrid(nodes, cpus(2), { random: first })?.nodeId).toBe("a");
  });

  test("finds a node with room if there is one, whatever the dice", () => {
    fc.assert(
      fc.property(clusters(12), demands, fc.double({ min: 0, max: 0.999, noNaN: true }), (nodes, demand, roll) =>
        expectSound(hybrid(nodes, demand, { random: () => roll }), nodes, demand),
      ),
    );
  });
});

describe("spread", () => {
  test("goes round all nodes with room before it comes back", () => {
    const nodes = [node("c"), node("a"), node("b"), node("full", { used: { CPU: 4 } })];
    let last: string | undefined;
    const visited: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) visited.push((last = spread(nodes, cpus(1), { last })?.nodeId));
    expect(visited).toEqual(["a", "b", "c", "a"]);
  });
});

describe("node affinity", () => {
  test("hard: that node, now or later, or none at all", () => {
    fc.assert(
      fc.property(clusters(4), demands, (nodes, demand) => {
        const choice = nodeAffinity(nodes, demand, { nodeId: "n1", soft: false, otherwise: anywhere });
        const named = nodes.find(({ nodeId }) => nodeId === "n1");
        if (named !== undefined && takes(named) && demand.fits(named.total)) {
          expect(choice).toEqual({ nodeId: "n1", now: demand.fits(named.available) });
        } else expect(choice).toBeUndefined();
      }),
    );
  });

  test("soft: elsewhere when the node is gone or too small", () => {
    const nodes = [node("a"), node("dead", { alive: false }), node("small", { total: { CPU: 1 } })];
    for (const nodeId of ["dead", "small", "unknown"]) {
      expect(nodeAffinity(nodes, cpus(2), { nodeId, soft: true, otherwise: anywhere })?.nodeId).toBe("a");
    }
    expect(nodeAffinity(nodes, cpus(1), { nodeId: "small", soft: true, otherwise: anywhere })?.nodeId).toBe("small");
  });
});

describe("labels", () => {
  const nodes = [node("a", { labels: { zone: "a", arch: "arm" } }), node("b", { labels: { zone: "b" } }), node("bare")];
  const pick = (...selectors: Record<string, string>[]): string | undefined => labels(nodes, cpus(1), { selectors, among: anywhere })?.nodeId;

  test("understand equals, not, in and not in", () => {
    expect(pick({ zone: "b" })).toBe("b");
    expect(pick({ zone: "!a", arch: "!arm" })).toBe("b");
    expect(pick({ zone: "in(b,c)" })).toBe("b");
    expect(pick({ zone: "!in(a,b)" })).toBe("bare");
    expect(pick({ zone: "c" })).toBeUndefined();
  });

  test("try fallbacks in order", () => {
    expect(pick({ zone: "c" }, { arch: "x86" }, { zone: "b" }, { zone: "a" })).toBe("b");
  });

  test("only ever choose a node that matches", () => {
    fc.assert(
      fc.property(clusters(6), demands, fc.constantFrom("a", "b"), (views, demand, zone) => {
        const choice = labels(views, demand, { selectors: [{ zone }], among: anywhere });
        expectSound(
          choice,
          views.filter((view) => view.labels["zone"] === zone),
          demand,
        );
      }),
    );
  });
});

describe("locality", () => {
  test("the node with room that has most of the arguments' bytes", () => {
    const nodes = [node("a"), node("b"), node("full", { used: { CPU: 4 } })];
    const bytes = new Map([
      ["a", 10],
      ["b", 20],
      ["full", 1000],
    ]);
    expect(locality(nodes, cpus(1), { bytes, otherwise: anywhere })).toEqual({ nodeId: "b", now: true });
  });
});
