import { describe, expect, test } from "bun:test";
import { PullOrder } from "../../../actors/objects/mod.ts";

describe("the order of pulls", () => {
  test("is by urgency, then first come first", () => {
    const order = new PullOrder(100);
    order.add("a", { bytes: 1, reason: "argument" });
    order.add("b", { bytes: 1, reason: "get" });
    order.add("c", { bytes: 1, reason: "argument" });
    order.add("d", { bytes: 1, reason: "get" });
    expect([order.next(), order.next(), order.next(), order.next(), order.next()]).toEqual(["b", "d", "a", "c", undefined]);
  });

  test("keeps to its bytes, and lets one larger than them through alone", () => {
    const order = new PullOrder(100);
    for (const id of ["a", "b"]) order.add(id, { bytes: 60, reason: "get" });
    order.add("large", { bytes: 500, reason: "get" });
    order.add("small", { bytes: 1, reason: "argument" });
    expect([order.next(), order.next()]).toEqual(["a", undefined]);
    order.remove("a");
    expect([order.next(), order.next()]).toEqual(["b", undefined]);
    order.remove("b");
    expect([order.next(), order.next()]).toEqual(["large", undefined]);
    order.remove("large");
    expect([order.next(), order.bytes, order.waiting]).toEqual(["small", 1, 0]);
  });

  test("moves one up for which there is a better reason, and never down", () => {
    const order = new PullOrder(100);
    order.add("a", { bytes: 1, reason: "argument" });
    order.add("b", { bytes: 1, reason: "argument" });
    order.add("b", { bytes: 1, reason: "get" });
    order.add("b", { bytes: 1, reason: "argument" });
    expect([order.next(), order.next(), order.next()]).toEqual(["b", "a", undefined]);
    expect(order.bytes).toBe(2);
  });
});
