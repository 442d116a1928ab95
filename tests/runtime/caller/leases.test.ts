import { describe, expect, test } from "bun:test";
import { Lately } from "../../../runtime/caller/lately.ts";
import { Leases } from "../../../runtime/caller/leases.ts";
import { placeId } from "../../../runtime/kernel/mod.ts";

const WORKER = placeId(2, 5);
const lease = (id: number) => ({ id, schedulingClass: "c", worker: WORKER });

function leases() {
  const acknowledged: number[] = [];
  return { held: new Leases(({ id }) => void acknowledged.push(id)), acknowledged };
}

describe("a lease that a place holds", () => {
  test("is idle while nothing was sent under it", () => {
    const { held } = leases();
    expect(held.idle("c")).toBeUndefined();
    const one = held.add(lease(1));
    expect(held.idle("c")).toBe(one);
    one.inFlight++;
    expect(held.idle("c")).toBeUndefined();
    held.released(one);
    expect(held.idle("c")).toBe(one);
    expect(held.idle("d")).toBeUndefined();
  });

  test("that its scheduler ends is acknowledged at once when nothing runs under it, or is known of it", () => {
    const { held, acknowledged } = leases();
    held.add(lease(1));
    held.ended(1, WORKER);
    held.ended(2, WORKER);
    expect(acknowledged).toEqual([1, 2]);
    expect(held.idle("c")).toBeUndefined();
  });

  test("that its scheduler ends is acknowledged when what was sent under it has ended, once", () => {
    const { held, acknowledged } = leases();
    const one = held.add(lease(1));
    one.inFlight++;
    held.ended(1, WORKER);
    expect(acknowledged).toEqual([]);
    held.released(one);
    expect(acknowledged).toEqual([1]);
  });

  test("that was given back with what runs under it is acknowledged only after that", () => {
    const { held, acknowledged } = leases();
    const one = held.add(lease(1));
    one.inFlight++;
    held.end(one);
    held.ended(1, WORKER);
    expect(acknowledged).toEqual([]);
    held.released(one);
    expect(acknowledged).toEqual([1]);
  });

  test("that was given back and comes again is the same: what runs under it counts", () => {
    const { held } = leases();
    const one = held.add(lease(1));
    one.inFlight++;
    held.end(one);
    expect(held.add(lease(1))).toBe(one);
    expect(held.idle("c")).toBeUndefined();
    held.released(one);
    expect(held.idle("c")).toBe(one);
  });

  test("is gone with its worker, and nothing is acknowledged", () => {
    const { held, acknowledged } = leases();
    const one = held.add(lease(1));
    one.inFlight++;
    held.ended(1, WORKER);
    held.endAllOf(WORKER);
    held.released(one);
    expect(acknowledged).toEqual([]);
  });
});

describe("what was added lately", () => {
  test("is there for the time given, is forgotten before twice that, and leaves no timer", () => {
    const timers: (() => void)[] = [];
    const after = (_ms: number, action: () => void) => {
      timers.push(action);
      return () => {};
    };
    const lately = new Lately({ after }, 1_000);
    const pass = (): void => timers.shift()?.();
    lately.add(1);
    pass();
    lately.add(2);
    expect([lately.has(1), lately.has(2), timers.length]).toEqual([true, true, 1]);
    pass();
    expect([lately.has(1), lately.has(2)]).toEqual([false, true]);
    pass();
    expect([lately.has(2), timers.length]).toEqual([false, 0]);
    lately.add(3);
    expect([lately.has(3), timers.length]).toEqual([true, 1]);
  });
});
