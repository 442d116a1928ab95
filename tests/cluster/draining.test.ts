import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type AskHead, headOf } from "../../actors/sessions/mod.ts";
import { type ActorHandle, get, getRuntimeContext, init, isInitialized, nodes, type ObjectRef, put, remote, shutdown } from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { collectGarbage } from "../runtime/memory/collect.ts";

let cluster: Cluster;
let leaving: ClusterNode;
let staying: ClusterNode;
let ask: AskHead;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  leaving = await cluster.addNode({ numCpus: 1, labels: { zone: "leaving" } });
  staying = await cluster.addNode({ numCpus: 1, labels: { zone: "staying" } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
  ask = headOf({ url: cluster.address, token: cluster.token });
});

afterEach(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

const drain = (more: { deadlineMs?: number } = {}): Promise<boolean> => ask({ about: "drain", nodeId: leaving.id, reason: "maintenance", ...more });

const rowOf = async (node: ClusterNode): Promise<Record<string, unknown> | null> => await ask({ about: "get", kind: "nodes", id: node.id });

/** Resolves when the node has left; with what is said of its end. */
async function left(node: ClusterNode): Promise<unknown> {
  return await waitForCondition(async () => {
    const row = await rowOf(node);
    return row?.["state"] === "DEAD" && row["death"];
  });
}

const DRAINED = { cause: "terminated", detail: "it was drained (maintenance)" };
/** There if possible, else anywhere. */
const there = { labelSelector: { zone: "leaving" }, fallbackStrategy: [{ labelSelector: { zone: "staying" } }] };

/** Calls of this task's owner let others go on. */
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
const GateActor = remote(Gate, { numCpus: 0, maxConcurrency: 100, labelSelector: { zone: "staying" } });

const passing = remote(async (gate: ActorHandle<Gate>) => {
  await get(gate.pass.remote());
  return getRuntimeContext().nodeId;
});

describe("a node that is drained", () => {
  test("finishes what it runs, gets nothing new, and leaves as drained", async () => {
    const gate = GateActor.remote();
    // While they wait for others they take nothing of the node, and the second never does.
    const running = [1, 0].map((numCpus) => passing.options({ ...there, numCpus, maxRetries: 0 }).remote(gate));
    await waitForCondition(async () => (await get(gate.entered.remote())) === 2);
    const where = remote(() => getRuntimeContext().nodeId);
    const waiting = Array.from({ length: 5 }, () => where.options(there).remote());
    expect(await drain()).toBe(true);
    expect((await rowOf(leaving))?.["state"]).toBe("DRAINING");
    expect(new Set(await get(waiting))).toEqual(new Set([staying.id]));
    const later = await get(Array.from({ length: 20 }, () => where.options(there).remote()));
    expect(new Set(later)).toEqual(new Set([staying.id]));
    // Long after an empty one would have left.
    const since = performance.now();
    await waitForCondition(() => performance.now() - since > 4_000);
    expect((await rowOf(leaving))?.["state"]).toBe("DRAINING");
    gate.open.remote();
    expect(await get(running)).toEqual([leaving.id, leaving.id]);
    expect(await left(leaving)).toMatchObject(DRAINED);
    expect((await nodes()).find(({ nodeId }) => nodeId === leaving.id)?.alive).not.toBe(true);
  });

  test("gives back what waits there, and what its tasks submit runs elsewhere", async () => {
    const gate = GateActor.remote();
    const where = remote(() => getRuntimeContext().nodeId);
    const submitting = remote(async (gate: ActorHandle<Gate>) => {
      await get(gate.pass.remote());
      return await get(Array.from({ length: 10 }, () => where.remote()));
    });
    const running = submitting.options(there).remote(gate);
    await waitForCondition(async () => (await get(gate.entered.remote())) === 1);
    await drain();
    gate.open.remote();
    expect(new Set(await get(running))).toEqual(new Set([staying.id]));
    expect(await left(leaving)).toMatchObject(DRAINED);
  });

  test("is left by actors that may be made anew, and no call of theirs is lost", async () => {
    class Place {
      async where(gate?: ActorHandle<Gate>): Promise<string> {
        if (gate !== undefined) await get(gate.pass.remote());
        return getRuntimeContext().nodeId;
      }
    }
    const actor = remote(Place, { numCpus: 0, maxConcurrency: 1, maxRestarts: 1, ...there }).remote();
    const gate = GateActor.remote();
    expect(await get(actor.where.remote())).toBe(leaving.id);
    const running = actor.where.remote(gate);
    await waitForCondition(async () => (await get(gate.entered.remote())) === 1);
    const waiting = Array.from({ length: 10 }, () => actor.where.remote());
    await drain();
    gate.open.remote();
    // No retries are allowed: what runs ends there, and what waits has not begun.
    expect(await get(running)).toBe(leaving.id);
    expect(new Set(await get(waiting))).toEqual(new Set([staying.id]));
    expect(await left(leaving)).toMatchObject(DRAINED);
    expect(await get(actor.where.remote())).toBe(staying.id);
    const [row] = (await ask({ about: "list", kind: "actors", filters: ["className=Place"], detail: true })).rows as Record<string, unknown>[];
    expect(row).toMatchObject({ state: "ALIVE", numRestarts: 0 });
  });

  test("gives the only copies of objects to others", async () => {
    const fill = remote((value: number) => new Float64Array(200_000).fill(value), { ...there, maxRetries: 0 });
    const refs = [1, 2, 3].map((value) => fill.remote(value));
    const nested = remote((value: Float64Array) => [put(value)], { labelSelector: { zone: "staying" } });
    await get(remote((...values: Float64Array[]) => values.length, { labelSelector: { zone: "leaving" } }).remote(...refs));
    await drain();
    expect(await left(leaving)).toMatchObject(DRAINED);
    const sums = remote((value: Float64Array) => value.reduce((sum, each) => sum + each, 0));
    expect(await get(refs.map((ref) => sums.remote(ref)))).toEqual([200_000, 400_000, 600_000]);
    expect((await get(refs[2] as ObjectRef<Float64Array>))[199_999]).toBe(3);
    const [inner] = await get(nested.remote(refs[0] as ObjectRef<Float64Array>));
    expect((await get(inner as ObjectRef<Float64Array>))[0]).toBe(1);
  });

  test("stays while others refer to what its own places have made", async () => {
    const made = remote(() => [put("kept")], { ...there, maxRetries: 0 });
    let inner = (await get(made.remote())) as ObjectRef<string>[];
    await drain();
    // Long after an empty one would have left.
    const since = performance.now();
    await waitForCondition(() => performance.now() - since > 4_000);
    expect((await rowOf(leaving))?.["state"]).toBe("DRAINING");
    expect(await get(inner[0] as ObjectRef<string>)).toBe("kept");
    inner = [];
    await waitForCondition(async () => {
      collectGarbage();
      return (await rowOf(leaving))?.["state"] === "DEAD";
    });
    expect(inner).toEqual([]);
  });

  test("ends at its deadline, and what ran there is tried again elsewhere", async () => {
    const gate = GateActor.remote();
    const straggler = remote(async (gate: ActorHandle<Gate>, node: string) => {
      await get(gate.pass.remote());
      if (getRuntimeContext().nodeId === node) await new Promise(() => {});
      return getRuntimeContext().nodeId;
    }, there);
    const ref = straggler.remote(gate, leaving.id);
    await waitForCondition(async () => (await get(gate.entered.remote())) === 1);
    gate.open.remote();
    await drain({ deadlineMs: Date.now() + 1_000 });
    expect(await get(ref)).toBe(staying.id);
    expect(await left(leaving)).toMatchObject({ cause: "terminated" });
  });
});
