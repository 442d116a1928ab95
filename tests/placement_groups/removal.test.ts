import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  ActorDiedError,
  type ActorHandle,
  ActorUnschedulableError,
  availableResources,
  get,
  getRuntimeContext,
  init,
  placementGroup,
  remote,
  removePlacementGroup,
  shutdown,
} from "../../mod.ts";
import { type Gate, GateActor } from "../tasks/gate.ts";
import { failure } from "./failure.ts";

beforeAll(() => init({ numCpus: 3, resources: { tape: 4 } }));
afterAll(() => shutdown());

class Member {
  where(): string | undefined {
    return getRuntimeContext().placementGroupId;
  }
  async child(): Promise<string | undefined> {
    return get(whereAmI.remote());
  }
}
const MemberActor = remote(Member);
const whereAmI = remote(() => getRuntimeContext().placementGroupId, { numCpus: 0 });

/** Resolves when so much of a resource is free: workers that were stopped take their time to go. */
async function untilFree(name: string, amount: number): Promise<void> {
  while ((await availableResources())[name] !== amount) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("actors in a group", () => {
  test("hold the bundle's resources, and hand the group down if told to", async () => {
    const group = placementGroup([{ CPU: 1, tape: 2 }]);
    const member = MemberActor.options({
      resources: { tape: 2 },
      schedulingStrategy: { placementGroup: group, captureChildTasks: true },
    }).remote();
    expect(await get(member.where.remote())).toBe(group.id);
    expect(await get(member.child.remote())).toBe(group.id);
    expect((await availableResources())["tape"]).toBe(2);
    await removePlacementGroup(group);
  });

  test("die with the group, which frees what they held", async () => {
    const group = placementGroup([{ CPU: 1, tape: 2 }]);
    const member = MemberActor.options({
      resources: { tape: 2 },
      maxRestarts: 5,
      schedulingStrategy: { placementGroup: group },
    }).remote();
    expect(await get(member.where.remote())).toBe(group.id);
    await removePlacementGroup(group);
    const call = get(member.where.remote());
    expect(await failure(call)).toBeInstanceOf(ActorDiedError);
    expect(await failure(call)).toMatchObject({ cause: { code: "PLACEMENT_GROUP_ERROR", reason: "removed" } });
    await untilFree("tape", 4);
  });

  test("that wait for a group die with it too", async () => {
    const group = placementGroup([{ tape: 40 }]);
    const member = MemberActor.options({
      schedulingStrategy: { placementGroup: { id: group.id } },
      numCpus: 0,
    }).remote();
    const call = get(member.where.remote());
    await removePlacementGroup(group);
    expect(await failure(call)).toBeInstanceOf(ActorDiedError);
  });

  test("that no bundle can hold are refused", async () => {
    const group = placementGroup([{ tape: 1 }]);
    expect(() => MemberActor.options({ schedulingStrategy: { placementGroup: group } }).remote()).toThrow(/CPU: 1.*tape: 1/);
    const member = MemberActor.options({
      schedulingStrategy: { placementGroup: { id: group.id } },
      maxRestarts: -1,
    }).remote();
    expect(await failure(get(member.where.remote()))).toBeInstanceOf(ActorUnschedulableError);
    await removePlacementGroup(group);
  });
});

describe("tasks in a group that is removed", () => {
  const hold = remote(async (gate: ActorHandle<Gate>) => get(gate.pass.remote()), {
    resources: { tape: 1 },
    numCpus: 0,
  });

  test("reject, whether they run, wait in a batch, or wait for arguments, and their resources are free", async () => {
    const gate = GateActor.remote();
    const group = placementGroup([{ tape: 1 }]);
    const inGroup = hold.options({ schedulingStrategy: { placementGroup: group } });
    const running = inGroup.remote(gate);
    await get(gate.arrived.remote(1));
    const queued = Array.from({ length: 50 }, () => inGroup.remote(gate));
    const never = hold.remote(gate);
    const unready = whereAmI.options({ schedulingStrategy: { placementGroup: group } }) as unknown as {
      remote(ref: unknown): typeof running;
    };
    const waiting = unready.remote(never);
    await removePlacementGroup(group);
    for (const ref of [running, ...queued, waiting]) {
      expect(await failure(get(ref))).toMatchObject({
        code: "PLACEMENT_GROUP_ERROR",
        reason: "removed",
        placementGroupId: group.id,
      });
    }
    await get(gate.open.remote());
    await get(never);
    await untilFree("tape", 4);
  });

  test("have their worker stopped, even one that does not yield", async () => {
    const gate = GateActor.remote();
    const spin = remote(
      async (to: ActorHandle<Gate>) => {
        await get(to.note.remote("spinning"));
        // A thread that its runtime cannot stop must not spin beside all later tests.
        for (const until = Date.now() + 2_000; Date.now() < until; );
      },
      { resources: { tape: 1 }, numCpus: 0 },
    );
    const group = placementGroup([{ tape: 4 }]);
    const ref = spin.options({ schedulingStrategy: { placementGroup: group } }).remote(gate);
    await get(gate.arrived.remote(1));
    await removePlacementGroup(group);
    expect(await failure(get(ref))).toMatchObject({ reason: "removed" });
    await untilFree("tape", 4);
  });
});
