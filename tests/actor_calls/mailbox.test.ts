import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { FIRST_WORKER_SLOT, HEAD_NUMBERS, placeId } from "../../runtime/kernel/mod.ts";
import { ActorMailbox, type MailboxOwner, type MethodCall } from "../../runtime/worker/actor_mailbox.ts";

const LIMITS: Record<string, number> = { "": 1, io: 2, wide: 5 };
const GROUPS = Object.keys(LIMITS);

interface Planned {
  lane: number;
  order: number;
  group: string;
  /** How its arguments come: at once, later, never for they fail. */
  args: "now" | "later" | "fails";
  removed: boolean;
  /** It was given up on its way, and does not come. */
  lost?: boolean;
}

/** An actor without a runtime: arguments and ends of calls come when the test says so. */
class Rig implements MailboxOwner {
  readonly started: MethodCall[] = [];
  readonly rejected: MethodCall[] = [];
  readonly running: Map<MethodCall, () => void> = new Map();
  readonly fetching: { call: MethodCall; settle: () => void }[] = [];
  readonly paused: (() => void)[] = [];
  readonly most: Record<string, number> = {};
  readonly #plans: Map<MethodCall, Planned> = new Map();
  /** Of so many calls one has to wait for the next turn. */
  pauseEvery = 0;
  #asked = 0;

  plan(call: MethodCall, planned: Planned): void {
    this.#plans.set(call, planned);
  }

  args(call: MethodCall): unknown[] | Promise<unknown[]> {
    const kind = this.#plans.get(call)?.args;
    if (kind === "now") return [];
    return new Promise((resolve, reject) => {
      this.fetching.push({ call, settle: () => (kind === "later" ? resolve([]) : reject(new Error("no argument"))) });
    });
  }

  start(call: MethodCall, done: () => void): void {
    const group = this.group(call);
    this.started.push(call);
    this.running.set(call, done);
    const now = [...this.running.keys()].filter((other) => this.group(other) === group).length;
    this.most[group] = Math.max(this.most[group] ?? 0, now);
  }

  reject(call: MethodCall): void {
    this.rejected.push(call);
  }

  group(call: MethodCall): string {
    return this.#plans.get(call)?.group ?? "";
  }

  limit(group: string): number {
    return LIMITS[group] ?? 1;
  }

  mayRun(resume: () => void): boolean {
    if (this.pauseEvery === 0 || ++this.#asked % this.pauseEvery !== 0) return true;
    this.paused.push(resume);
    return false;
  }
}

const planned: fc.Arbitrary<Planned[]> = fc
  .array(
    fc.record({
      lane: fc.integer({ min: 1, max: 4 }),
      group: fc.constantFrom(...GROUPS),
      args: fc.constantFrom<Planned["args"]>("now", "now", "later", "fails"),
      removed: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      lost: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { maxLength: 40 },
  )
  .map((calls) => {
    const next = new Map<number, number>();
    return calls.map((call) => {
      const order = next.get(call.lane) ?? 0;
      next.set(call.lane, order + 1);
      return { ...call, order };
    });
  });

function callOf({ lane, order }: Planned, sequence: number): MethodCall {
  return {
    owner: lane % 2,
    lane,
    order,
    sequence,
    method: "m",
    form: 0,
    data: [],
    flags: 0,
    numReturns: 1,
    group: null,
    backpressure: 0,
    retryExceptions: undefined,
    args: undefined,
  };
}

describe("an actor's mailbox", () => {
  test("loses no call, waits for none that does not come, keeps each caller's order and each group's limit, however calls come and go", async () => {
    await fc.assert(
      fc.asyncProperty(planned, fc.infiniteStream(fc.nat()), fc.integer({ min: 0, max: 3 }), async (plans, random, pauseEvery) => {
        const rig = new Rig();
        rig.pauseEvery = pauseEvery === 1 ? 0 : pauseEvery;
        const mailbox = new ActorMailbox(rig);
        const pick = (below: number): number => (random.next().value as number) % below;
        const calls = plans.map((plan, sequence) => {
          const call = callOf(plan, sequence);
          rig.plan(call, plan);
          return call;
        });
        const isLost = (call: MethodCall): boolean => (plans[call.sequence] as Planned).lost === true;
        const coming = calls.filter((call) => !isLost(call));
        const arriving = [...coming];
        const toRemove = coming.filter(({ sequence }) => (plans[sequence] as Planned).removed);
        const toSkip = [1, 2, 3, 4].flatMap((lane) => {
          const own = calls.filter((call) => call.lane === lane);
          const kept = own.filter((call) => !isLost(call)).map(({ order }) => order);
          return kept.length < own.length ? [{ owner: lane % 2, lane, below: own.length, kept }] : [];
        });
        const taken = new Set<MethodCall>();
        const steps: (() => boolean)[] = [
          () => {
            const [call] = arriving.splice(pick(arriving.length || 1), 1);
            if (call !== undefined) mailbox.add(call);
            return call !== undefined;
          },
          () => {
            const [fetch] = rig.fetching.splice(pick(rig.fetching.length || 1), 1);
            fetch?.settle();
            return fetch !== undefined;
          },
          () => {
            const running = [...rig.running];
            const [call, done] = running[pick(running.length || 1)] ?? [];
            if (call === undefined || done === undefined) return false;
            rig.running.delete(call);
            done();
            done();
            return true;
          },
          () => {
            const call = toRemove.pop();
            if (call === undefined) return false;
            if (rig.started.includes(call) || rig.rejected.includes(call)) return true;
            mailbox.remove(call.owner, call.sequence);
            taken.add(call);
            return true;
          },
          () => {
            const numbers = toSkip.pop();
            if (numbers !== undefined) mailbox.skip(numbers);
            return numbers !== undefined;
          },
          () => {
            const [resume] = rig.paused.splice(0, 1);
            resume?.();
            return resume !== undefined;
          },
        ];
        for (let idle = 0; idle < 2; ) {
          const first = pick(steps.length);
          const moved = steps.some((_, at) => (steps[(first + at) % steps.length] as () => boolean)());
          await Promise.resolve();
          await Promise.resolve();
          idle = moved ? 0 : idle + 1;
        }
        const ended = new Set([...rig.started, ...rig.rejected, ...taken]);
        expect(ended.size).toBe(coming.length);
        expect(rig.started.length + rig.rejected.length + taken.size).toBe(coming.length);
        for (const [group, most] of Object.entries(rig.most)) expect(most).toBeLessThanOrEqual(LIMITS[group] as number);
        // Of one caller, calls of one group begin in the order submitted; across groups a full one may hold its own back.
        for (const lane of [1, 2, 3, 4]) {
          for (const group of GROUPS) {
            const orders = rig.started.filter((call) => call.lane === lane && rig.group(call) === group).map(({ order }) => order);
            expect(orders).toEqual([...orders].sort((a, b) => a - b));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("tells callers and their lanes apart whatever their numbers", () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    const heads = placeId(HEAD_NUMBERS.from, 2);
    const lanes = [
      { owner: heads, lane: 1 },
      { owner: heads, lane: 2 },
      { owner: placeId(2, 2), lane: 2 ** 20 + 1 },
      { owner: placeId(2, 3), lane: 1 },
    ];
    const plan = { lane: 1, order: 0, group: "wide", args: "now", removed: false } as const;
    for (const [sequence, lane] of lanes.entries()) {
      const call = { ...callOf(plan, sequence), ...lane };
      rig.plan(call, plan);
      mailbox.add(call);
    }
    expect(rig.started.length).toBe(lanes.length);
  });

  test("begins nothing any more once it is closed", async () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    const plan = { lane: 1, group: "", args: "later", removed: false } as const;
    const calls = [0, 1].map((order) => callOf({ ...plan, order }, order));
    for (const call of calls) {
      rig.plan(call, { ...plan, order: call.order });
      mailbox.add(call);
    }
    mailbox.close();
    rig.fetching[0]?.settle();
    await Promise.resolve();
    await Promise.resolve();
    expect(rig.started).toEqual([]);
  });

  test("keeps apart what a place has called through several handles, however high the place's number", () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    const owner = placeId(HEAD_NUMBERS.to, FIRST_WORKER_SLOT);
    const plan: Planned = { lane: 1, order: 0, group: "wide", args: "now", removed: false };
    const calls = [1, 2, 3].map((lane) => ({ ...callOf({ ...plan, lane }, lane), owner }));
    for (const call of calls) {
      rig.plan(call, plan);
      mailbox.add(call);
    }
    expect(rig.started).toEqual(calls);
  });

  test("forgets callers that are gone, and goes on with the others' calls", async () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    const add = (owner: number, order: number, args: Planned["args"] = "now"): MethodCall => {
      const plan: Planned = { lane: 1, order, group: "", args, removed: false };
      const call = { ...callOf(plan, order), owner };
      rig.plan(call, plan);
      mailbox.add(call);
      return call;
    };
    const running = add(7, 0);
    const fetched = add(8, 0, "later");
    add(8, 1);
    add(8, 3);
    add(9, 0);
    const other = add(7, 1);
    mailbox.forget((owner) => owner > 7);
    rig.fetching[0]?.settle();
    await Promise.resolve();
    rig.running.get(running)?.();
    expect(rig.started).toEqual([running, other]);
    expect(rig.started).not.toContain(fetched);
  });

  test("takes out a call that has yet to come, however many were cancelled that had ended", () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    for (let ended = 0; ended < 5_000; ended++) mailbox.remove(1, ended);
    mailbox.remove(1, 6_000);
    const plan: Planned = { lane: 1, order: 0, group: "", args: "now", removed: true };
    const taken = callOf(plan, 6_000);
    rig.plan(taken, plan);
    mailbox.add(taken);
    expect(rig.started).toEqual([]);
  });

  test("keeps no lane of a record that is gone, and runs what still waits in it", () => {
    const rig = new Rig();
    const mailbox = new ActorMailbox(rig);
    for (let lane = 0; lane < 100; lane++) {
      const plan: Planned = { lane, order: 0, group: "", args: "now", removed: false };
      const call = { ...callOf(plan, lane), owner: 1 };
      rig.plan(call, plan);
      mailbox.add(call);
      mailbox.laneEnded(1, lane);
    }
    expect(mailbox.lanes).toBe(0);
    for (let ended = 0; ended < 100; ended++) rig.running.get(rig.started[ended] as MethodCall)?.();
    expect(rig.started.map(({ lane }) => lane)).toEqual(Array.from({ length: 100 }, (_, lane) => lane));
  });
});
