import { describe, expect, test } from "bun:test";
import { DependencyWaits, Waiters } from "../../../actors/objects/mod.ts";

describe("waiters", () => {
  test("are served once each, first come first", () => {
    const waiters = new Waiters<string>();
    for (const who of ["x", "y", "x"]) waiters.add("a", who);
    waiters.add("b", "x");
    expect(waiters.size).toBe(3);
    expect(waiters.take("a")).toEqual(["x", "y"]);
    expect(waiters.take("a")).toEqual([]);
    expect(waiters.size).toBe(1);
  });

  test("can be taken back", () => {
    const waiters = new Waiters<string>();
    waiters.add("a", "x");
    waiters.add("b", "x");
    waiters.add("b", "y");
    expect(waiters.cancel("a", "x")).toBe(true);
    expect(waiters.cancel("a", "x")).toBe(false);
    expect(waiters.isWanted("a")).toBe(false);
    waiters.cancelWhere((who) => who === "x");
    expect(waiters.take("b")).toEqual(["y"]);
    expect(waiters.size).toBe(0);
  });
});

describe("dependencies", () => {
  test("are ready when the last of ten thousand is", () => {
    const waits = new DependencyWaits();
    let ready = 0;
    const ids = Array.from({ length: 10_000 }, (_, i) => `o${i}`);
    waits.whenAll([...ids, ...ids], { isReady: (id) => id === "o0", onReady: () => ready++ });
    for (const id of ids.slice(1, -1)) waits.fulfil(id);
    expect(ready).toBe(0);
    waits.fulfil("o9999");
    waits.fulfil("o9999");
    expect(ready).toBe(1);
  });

  test("that are all there are ready at once, and a wait taken back never is", () => {
    const waits = new DependencyWaits();
    let ready = 0;
    const onReady = () => ready++;
    waits.whenAll(["a"], { isReady: () => true, onReady });
    expect(ready).toBe(1);
    const cancel = waits.whenAll(["a"], { isReady: () => false, onReady });
    cancel();
    waits.fulfil("a");
    expect(ready).toBe(1);
    expect(waits.isWanted("a")).toBe(false);
  });
});
