import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type AskHead, headOf } from "../../actors/sessions/mod.ts";
import { type ActorHandle, get, getRuntimeContext, init, isInitialized, placementGroup, remote, removePlacementGroup, shutdown } from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { rejectionText } from "../rejection.ts";

let cluster: Cluster;
let leaving: ClusterNode;
let ask: AskHead;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0, resources: { gate: 1 } } });
  leaving = await cluster.addNode({ numCpus: 1 });
  await init({ address: cluster.address, token: cluster.token });
  ask = headOf({ url: cluster.address, token: cluster.token });
});

afterEach(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

const drain = (): Promise<boolean> => ask({ about: "drain", nodeId: leaving.id, reason: "maintenance" });

/** Resolves when the node has left; with what is said of its end. */
const left = (): Promise<unknown> =>
  waitForCondition(async () => {
    const row: Record<string, unknown> | null = await ask({ about: "get", kind: "nodes", id: leaving.id });
    return row?.["state"] === "DEAD" && row["death"];
  });

/** Tasks wait at it until it is opened. */
class Gate {
  readonly #opened: Promise<void>;
  #open!: () => void;
  #entered = 0;
  constructor() {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }
  async pass(): Promise<void> {
    this.#entered++;
    await this.#opened;
  }
  entered(): number {
    return this.#entered;
  }
  open(): void {
    this.#open();
  }
}
const GateActor = remote(Gate, { numCpus: 0, maxConcurrency: 100, resources: { gate: 0.1 } });

const passing = remote(
  async (gate: ActorHandle<Gate>) => {
    await get(gate.pass.remote());
    return getRuntimeContext().nodeId;
  },
  { maxRetries: 0 },
);
const where = remote(() => getRuntimeContext().nodeId);

class Place {
  where(): string {
    return getRuntimeContext().nodeId;
  }
}

describe("the placement groups of a node that is drained", () => {
  test("go to a node that has room, with the actors in them; what runs there ends there, and what waits comes after them", async () => {
    const group = placementGroup([{ CPU: 1 }]);
    await get(group.ready());
    const inGroup = { schedulingStrategy: { placementGroup: group } };
    const actor = remote(Place, { numCpus: 0, maxRestarts: 1, ...inGroup }).remote();
    expect(await get(actor.where.remote())).toBe(leaving.id);
    const gate = GateActor.remote();
    const running = passing.options(inGroup).remote(gate);
    await waitForCondition(async () => (await get(gate.entered.remote())) === 1);
    await drain();
    const waiting = Array.from({ length: 5 }, () => where.options(inGroup).remote());
    // Nobody has room for them yet: they stay, and so does what is in them.
    expect((await get(actor.where.remote())) === leaving.id).toBe(true);
    const staying = await cluster.addNode({ numCpus: 1 });
    expect(new Set(await get(waiting))).toEqual(new Set([staying.id]));
    await waitForCondition(async () => (await get(actor.where.remote())) === staying.id);
    expect(await get(where.options(inGroup).remote())).toBe(staying.id);
    gate.open.remote();
    expect(await get(running)).toBe(leaving.id);
    expect(await left()).toMatchObject({ cause: "terminated", detail: "it was drained (maintenance)" });
    expect(await get([actor.where.remote(), where.options(inGroup).remote()])).toEqual([staying.id, staying.id]);
  });

  test("take with them what still runs there when they are removed", async () => {
    const group = placementGroup([{ CPU: 1 }]);
    await get(group.ready());
    const inGroup = { schedulingStrategy: { placementGroup: group } };
    const gate = GateActor.remote();
    const running = passing.options(inGroup).remote(gate);
    await waitForCondition(async () => (await get(gate.entered.remote())) === 1);
    await drain();
    const staying = await cluster.addNode({ numCpus: 1 });
    expect(await get(where.options(inGroup).remote())).toBe(staying.id);
    await removePlacementGroup(group);
    expect(await rejectionText(get(running))).toMatch(/its placement group .* was removed/);
    expect(await left()).toMatchObject({ cause: "terminated", detail: "it was drained (maintenance)" });
  });
});
