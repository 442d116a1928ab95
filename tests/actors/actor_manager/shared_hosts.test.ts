import { describe, expect, test } from "bun:test";
import { SharedHosts } from "../../../actors/actor_manager/mod.ts";
import type { Clock } from "../../../runtime/kernel/mod.ts";

/** Runs what was asked for later when the test says so. */
function waitingClock(): { clock: Clock; wait(ms: number): void; pass(): Promise<void> } {
  const actions: (() => void)[] = [];
  let [now, due] = [0, 0];
  const after = (ms: number, action: () => void): (() => void) => {
    actions.push(action);
    due = now + ms;
    return () => {};
  };
  const clock: Clock = { now: () => now, soon: (action) => action(), after };
  return {
    clock,
    wait: (ms) => void (now += ms),
    async pass() {
      now = Math.max(now, due);
      for (const action of actions.splice(0)) action();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    },
  };
}

function setUp(hosted: (place: number) => Promise<number>): {
  hosts: SharedHosts;
  retired: number[];
  wait(ms: number): void;
  pass(): Promise<void>;
  seat(): number;
} {
  const { clock, wait, pass } = waitingClock();
  const retired: number[] = [];
  let next = 10;
  const hosts = new SharedHosts({
    pool: { acquire: () => Promise.resolve(next++), retire: (place: number) => void retired.push(place) },
    clock,
    limit: 1,
    hosted,
  });
  const seat = (): number => {
    let at = -1;
    const note = (place: number): void => {
      at = place;
    };
    hosts.find(undefined, note, () => {});
    return at;
  };
  return { hosts, retired, wait, pass, seat };
}

describe("hosts of light actors", () => {
  test("are shared, and end some time after their last actor has", async () => {
    let living = 2;
    const { hosts, retired, pass, seat } = setUp(() => Promise.resolve(living));
    seat();
    await pass();
    expect(seat()).toBe(10);
    living = 1;
    hosts.left();
    await pass();
    expect(retired).toEqual([]);
    living = 0;
    hosts.left();
    await pass();
    expect(retired).toEqual([10]);
    expect(seat()).toBe(-1);
    await pass();
    expect(seat()).toBe(11);
  });

  test("stay while an actor may be on its way that was sent there a moment ago", async () => {
    const { hosts, retired, wait, pass, seat } = setUp(() => Promise.resolve(0));
    seat();
    await pass();
    hosts.left();
    wait(9_000);
    // It goes by way of the head, and does not live there yet when it is looked who does.
    expect(seat()).toBe(10);
    await pass();
    expect(retired).toEqual([]);
    await pass();
    expect(retired).toEqual([10]);
  });

  test("stay when another actor comes while they are asked, or when they do not answer", async () => {
    const answer = Promise.withResolvers<number>();
    const { hosts, retired, pass, seat } = setUp(() => answer.promise);
    seat();
    await pass();
    hosts.left();
    await pass();
    expect(seat()).toBe(10);
    answer.resolve(0);
    await pass();
    expect(retired).toEqual([]);
    const broken = setUp(() => Promise.reject(new Error("gone")));
    broken.seat();
    await broken.pass();
    broken.hosts.left();
    await broken.pass();
    expect(broken.retired).toEqual([]);
  });

  test("of environments of their own are not shared", async () => {
    const { hosts, pass, seat } = setUp(() => Promise.resolve(0));
    seat();
    await pass();
    let at = -1;
    const note = (place: number): void => {
      at = place;
    };
    hosts.find({ envVars: { A: "1" } }, note, () => {});
    await pass();
    expect([seat(), at]).toEqual([10, 11]);
  });
});
