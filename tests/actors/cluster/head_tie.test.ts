import { describe, expect, test } from "bun:test";
import { HeadTie, type NewTie } from "../../../actors/cluster/head_tie.ts";
import { ManualClock } from "../objects/lab.ts";

interface Dialled {
  readonly answer: PromiseWithResolvers<NewTie>;
  used: boolean;
  dropped: boolean;
}

function setUp(): { tie: HeadTie; clock: ManualClock; dials: Dialled[]; told: string[]; pass(ms: number): Promise<void>; take(index: number): void } {
  const clock = new ManualClock();
  const dials: Dialled[] = [];
  const told: string[] = [];
  const tie = new HeadTie({
    clock,
    urls: ["ws://head"],
    awayMs: 60_000,
    hangUp: () => {},
    redial: () => {
      const dialled: Dialled = { answer: Promise.withResolvers(), used: false, dropped: false };
      dials.push(dialled);
      return dialled.answer.promise;
    },
    rejoin: async () => "another",
    tell: (text) => void told.push(text),
    gaveUp: (reason) => void told.push(`gave up: ${reason}`),
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    tie,
    clock,
    dials,
    told,
    async pass(ms) {
      await settle();
      clock.advance(ms);
      await settle();
    },
    take(index) {
      const dialled = dials[index] as Dialled;
      dialled.answer.resolve({ use: () => void (dialled.used = true), drop: () => void (dialled.dropped = true) });
    },
  };
}

describe("a node whose head is gone", () => {
  test("does not wait for one that stands still: another may have come to its address", async () => {
    const { tie, dials, told, pass, take } = setUp();
    tie.joined(true);
    tie.broken("the connection was closed");
    expect(dials.length).toBe(1);
    // Nobody takes the link; it is tried anew, and there is another.
    await pass(2_500);
    await pass(100);
    expect(dials.length).toBe(2);
    take(1);
    await pass(0);
    expect([dials[1]?.used, told.at(-1)]).toEqual([true, expect.stringMatching(/^the head is back after/)]);
    // The one that stood still goes on, and takes the link that nobody wants any more.
    take(0);
    await pass(0);
    expect([dials[0]?.used, dials[0]?.dropped]).toEqual([false, true]);
  });

  test("gives a long way to it longer each time", async () => {
    const { tie, dials, told, pass, take } = setUp();
    tie.joined(true);
    tie.broken("the connection was closed");
    // One that takes five seconds to be made: the first two are given up, and then one is waited for.
    for (const limitMs of [2_500, 3_750]) {
      await pass(limitMs);
      await pass(500);
    }
    expect(dials.length).toBe(3);
    await pass(5_000);
    take(2);
    await pass(0);
    expect([dials.length, dials[2]?.used, told.at(-1)]).toEqual([3, true, expect.stringMatching(/^the head is back after/)]);
  });

  test("drops a link that comes when the head has answered again", async () => {
    const { tie, dials, told, pass, take } = setUp();
    tie.joined(true);
    await pass(3_500);
    tie.look();
    expect(dials.length).toBe(1);
    tie.heard();
    expect(told.at(-1)).toMatch(/^the head answers again after/);
    take(0);
    await pass(0);
    expect([dials[0]?.used, dials[0]?.dropped]).toEqual([false, true]);
  });

  test("ends when none is found in time, and says why", async () => {
    const { tie, told, pass } = setUp();
    tie.joined(true);
    tie.broken("the connection was closed");
    for (let i = 0; i < 40; i++) await pass(2_500);
    expect(told.at(-1)).toMatch(/^gave up: the connection was closed; and no other was found within 60 s: nobody took the link within [0-9.]+ s/);
  });
});
