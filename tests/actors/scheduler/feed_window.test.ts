import { describe, expect, test } from "bun:test";
import { FeedWindow, Paces, WINDOW_AT_MOST } from "../../../actors/scheduler/mod.ts";

/** A node with so many slots whose tasks take so long: what it has begun after how long, fed as the window says. */
function feed(window: FeedWindow, { slots, taskMs, tasks }: { slots: number; taskMs: number; tasks: number }) {
  let now = 0;
  let left = tasks;
  let most = 0;
  let queued = 0;
  const send = (): void => {
    for (let room = Math.min(window.next, left); room > 0; room = Math.min(window.next, left)) {
      window.sent(room, now);
      left -= room;
      queued += room;
    }
    most = Math.max(most, queued);
  };
  send();
  // Idle workers begin at once; then as many as there are slots each time that their tasks end.
  while (queued > 0) {
    const begun = Math.min(queued, slots);
    queued -= begun;
    window.taken(begun, now);
    send();
    now += taskMs;
  }
  return { most, ms: now, left };
}

describe("what is under way to a node", () => {
  test("of long tasks is never more than it can run and find next", () => {
    expect(feed(new FeedWindow(2, { grows: true }), { slots: 2, taskMs: 200, tasks: 50 }).most).toBeLessThanOrEqual(4);
  });

  test("of tiny tasks grows, to a limit", () => {
    const { most, left } = feed(new FeedWindow(2, { grows: true }), { slots: 2, taskMs: 0.01, tasks: 100_000 });
    expect(left).toBe(0);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(WINDOW_AT_MOST);
  });

  test("of tasks that are to be spread is what was asked about, and no more", () => {
    const window = new FeedWindow(3, { grows: false });
    window.sent(window.next, 0);
    window.taken(3, 1);
    expect(window.next).toBe(0);
    window.widen(2);
    expect(window.next).toBe(2);
  });

  test("is small again after a rest, unless the kind of task is known to be quick", () => {
    const window = new FeedWindow(2, { grows: true });
    feed(window, { slots: 2, taskMs: 0.01, tasks: 10_000 });
    const pace = window.paceMs as number;
    window.rest();
    expect(window.next).toBe(2);
    window.expect(pace);
    expect(window.next).toBeGreaterThan(100);
    window.rest();
    window.expect(500);
    expect(window.next).toBe(2);
  });
});

describe("paces", () => {
  test("are the last word on each kind, and of a bounded number of kinds", () => {
    const paces = new Paces();
    paces.learn("a", 5);
    paces.learn("a", 7);
    paces.learn(undefined, 1);
    expect([paces.of("a"), paces.of("b"), paces.of(undefined)]).toEqual([7, undefined, undefined]);
    for (let i = 0; i < 2_000; i++) paces.learn(`kind ${i}`, 1);
    expect([paces.of("a"), paces.of("kind 1999")]).toEqual([undefined, 1]);
  });
});
