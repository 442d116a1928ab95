import { describe, expect, test } from "bun:test";
import { Bundles, NodeResources } from "../../../actors/scheduler/mod.ts";
import { ResourceSet } from "../../../runtime/resources/mod.ts";

const cpus = (count: number): ResourceSet => ResourceSet.from({ CPU: count });

describe("bundles", () => {
  test("are prepared all or none, and once", () => {
    const node = new NodeResources(cpus(4));
    const bundles = new Bundles(node);
    expect(
      bundles.prepare("a", [
        [0, cpus(3)],
        [1, cpus(2)],
      ]),
    ).toBe(false);
    expect(node.available.get("CPU")).toBe(4);
    expect(bundles.prepare("a", [[0, cpus(3)]])).toBe(true);
    expect(bundles.prepare("a", [[0, cpus(3)]])).toBe(true);
    expect(node.available.get("CPU")).toBe(1);
  });

  test("serve nobody before they are committed, and then only what fits", () => {
    const bundles = new Bundles(new NodeResources(cpus(4)));
    bundles.prepare("a", [
      [0, cpus(1)],
      [2, cpus(2)],
    ]);
    expect(bundles.roomFor("a", -1, cpus(1))).toBeUndefined();
    expect(bundles.commit("a")).toBe(true);
    expect(bundles.roomFor("a", 0, cpus(2))).toBeUndefined();
    expect(bundles.roomFor("a", 1, cpus(1))).toBeUndefined();
    const room = bundles.roomFor("a", -1, cpus(2));
    expect(room?.take(cpus(2))).toBe(true);
    expect(bundles.roomFor("a", 2, cpus(1))).toBeUndefined();
    expect(bundles.roomFor("a", -1, cpus(1))).toBeDefined();
    expect(bundles.commit("unknown")).toBe(false);
  });

  test("give back what is free at once, and what is in use when its users end, debts included", () => {
    const node = new NodeResources(cpus(4));
    const bundles = new Bundles(node);
    bundles.prepare("a", [[0, cpus(3)]]);
    bundles.commit("a");
    const room = bundles.roomFor("a", 0, cpus(2)) as NodeResources;
    room.take(cpus(2));
    // One user waits and gives its share away, and goes on when another has it.
    room.give(cpus(2));
    room.take(cpus(3));
    room.takeAnyway(cpus(2));
    bundles.release("a");
    expect(node.available.get("CPU")).toBe(1);
    expect(bundles.size).toBe(0);
    expect(room.has(ResourceSet.EMPTY)).toBe(false);
    room.give(cpus(2));
    expect(node.available.get("CPU")).toBe(1);
    room.give(cpus(3));
    expect(node.available.get("CPU")).toBe(4);
    bundles.release("a");
    expect(node.available.get("CPU")).toBe(4);
  });
});
