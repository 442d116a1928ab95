import { expect, test } from "bun:test";
import { StaleMemory } from "../../../runtime/memory/mod.ts";

const MIB = 1024 * 1024;

function rig() {
  const timers: { delayMs: number; action: () => void }[] = [];
  let collections = 0;
  let now = 0;
  const clock = { now: () => now, after: (delayMs: number, action: () => void) => timers.push({ delayMs, action }) };
  const stale = new StaleMemory({ collectGarbage: () => void (now += ++collections * 200), clock });
  return { stale, timers, collections: () => collections };
}

test("is collected once after a time, when it has come to much", () => {
  const { stale, timers, collections } = rig();
  stale.add(10 * MIB);
  expect(timers.length).toBe(0);
  for (let i = 0; i < 10; i++) stale.add(10 * MIB);
  expect([timers.length, timers[0]?.delayMs]).toEqual([1, 10_000]);
  timers[0]?.action();
  expect(collections()).toBe(1);
  stale.add(10 * MIB);
  expect(timers.length).toBe(1);
  // That took 200 ms: a hundred times as long passes before the next.
  stale.add(10 * MIB);
  expect([timers.length, timers[1]?.delayMs]).toEqual([2, 20_000]);
});

test("is left alone when it has been found meanwhile", () => {
  const { stale, timers, collections } = rig();
  stale.add(20 * MIB);
  stale.less(15 * MIB);
  timers[0]?.action();
  expect(collections()).toBe(0);
  stale.less(Number.POSITIVE_INFINITY);
  stale.add(15 * MIB);
  expect(timers.length).toBe(1);
});
