import { describe, expect, test } from "bun:test";
import { FlushPace } from "../../../runtime/worker/flush_pace.ts";

/** Runs tasks of these lengths back to back; returns how long each result waited until it left, in milliseconds. */
function waits(lengths: readonly number[], options: { waiting?: (index: number) => number; urgent?: boolean } = {}): number[] {
  const { waiting = () => 1_000, urgent = false } = options;
  const pace = new FlushPace();
  const ended: number[] = [];
  const left: number[] = [];
  let now = 1;
  pace.begin(now);
  lengths.forEach((took, index) => {
    now += took;
    ended.push(now);
    if (pace.isDue(now, { took, waiting: waiting(index), urgent })) while (left.length < ended.length) left.push(now);
  });
  return left.map((at, index) => at - (ended[index] as number));
}

/** How many messages that were. */
const messages = (all: readonly number[]): number => all.filter((wait) => wait === 0).length;
const times = (count: number, length: number): number[] => Array.from({ length: count }, () => length);

describe("results of tasks that run back to back", () => {
  test("are gathered a little while many tasks of a millisecond wait, and for no more than 8 ms", () => {
    const all = waits(times(1_000, 1));
    expect(messages(all)).toBeGreaterThan(100);
    expect(messages(all)).toBeLessThan(200);
    expect(Math.max(...all)).toBeLessThanOrEqual(8);
  });

  test("leave one by one when few wait: whoever gives out the next by the last result has it at once", () => {
    expect(messages(waits(times(100, 1), { waiting: () => 2 }))).toBe(100);
  });

  test("leave one by one towards the end of a batch", () => {
    const all = waits(times(1_000, 1), { waiting: (index) => 999 - index });
    expect(Math.max(...all.slice(-16))).toBe(0);
    expect(messages(all)).toBeLessThan(350);
  });

  test("leave one by one when others than their owner wait for them", () => {
    expect(messages(waits(times(100, 1), { urgent: true }))).toBe(100);
  });

  test("do not wait for long tasks among short ones, but for the first", () => {
    const lengths = times(1_000, 1).map((length, index) => (index % 100 === 99 ? 50 : length));
    const late = waits(lengths).filter((wait) => wait >= 50);
    expect(late.length).toBeLessThanOrEqual(8);
  });

  test("of tiny tasks leave every half millisecond, as they take many along", () => {
    const all = waits(times(10_000, 0.01));
    expect(Math.max(...all)).toBeLessThan(0.6);
    expect(messages(all)).toBeLessThan(220);
  });
});
