import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { headOf } from "../../actors/sessions/mod.ts";
import { type ActorHandle, get, getRuntimeContext, init, isInitialized, put, remote, shutdown } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { HostCluster, type HostNode } from "./host_cluster.ts";
import { Hosts } from "./hosts.ts";

const problem = Hosts.problem();
if (problem !== undefined) console.error(`tests on hosts of their own are left out: ${problem}`);

const where = remote(() => getRuntimeContext().nodeId);
const bytesOf = remote((values: Uint8Array) => [values.length, values[12_345], getRuntimeContext().nodeId] as const);

/** Counts its calls and says where it lives. */
class Counter {
  #count = 0;
  add(): [count: number, nodeId: string] {
    return [++this.#count, getRuntimeContext().nodeId];
  }
}

describe.if(problem === undefined)("nodes on hosts of their own", () => {
  let cluster: HostCluster;
  let near: HostNode;
  let far: HostNode;

  beforeEach(async () => {
    cluster = await HostCluster.start();
    near = await cluster.addNode(["--num-cpus", "1", "--labels", "zone=near"], { runtime: "bun" });
    far = await cluster.addNode(["--num-cpus", "1", "--labels", "zone=far"], { runtime: "deno" });
    await init({ address: cluster.address, token: cluster.token });
  });

  afterEach(async () => {
    if (isInitialized()) await shutdown();
    await cluster[Symbol.asyncDispose]();
  });

  const on = (zone: string) => ({ labelSelector: { zone } });
  const rowOf = async ({ id }: HostNode): Promise<Record<string, any> | null> =>
    await headOf({ url: cluster.address, token: cluster.token })({ about: "get", kind: "nodes", id });
  const isDead = async (node: HostNode): Promise<boolean> => (await rowOf(node))?.["state"] === "DEAD";

  test("run tasks and actors, each reached at its own address", async () => {
    for (const node of [cluster.head, near, far]) expect(new URL(node.address).hostname).toBe(node.host.address);
    const ran = await get(["near", "far"].map((zone) => where.options(on(zone)).remote()));
    expect(ran).toEqual([near.id, far.id]);
    const counter = remote(Counter, { numCpus: 0, ...on("far") }).remote();
    // Between two hosts neither of which is this one.
    const relay = remote(async (counter: ActorHandle<Counter>) => await get(counter.add.remote()), on("near"));
    expect(await get(relay.remote(counter))).toEqual([1, far.id]);
    expect(await get(counter.add.remote())).toEqual([2, far.id]);
  });

  test("give each other 64 MiB, straight from host to host", async () => {
    const bytes = 64 * 2 ** 20;
    const make = remote((length: number) => new Uint8Array(length).fill(7), on("near"));
    const made = make.remote(bytes);
    expect(await get(bytesOf.options(on("far")).remote(made))).toEqual([bytes, 7, far.id]);
    const mine = put(new Uint8Array(bytes).fill(9));
    expect(await get(["near", "far"].map((zone) => bytesOf.options(on(zone)).remote(mine)))).toEqual([
      [bytes, 9, near.id],
      [bytes, 9, far.id],
    ]);
    const got = await get(made);
    expect([got.length, got[bytes - 1]]).toEqual([bytes, 7]);
  });

  test("one that is cut off is found by its silence, others do its work, and when the cable is back it ends without harm", async () => {
    const straggler = remote(
      async (node: string) => {
        const { nodeId } = getRuntimeContext();
        // Ends there too, while nobody can hear of it.
        if (nodeId === node) await new Promise((resolve) => setTimeout(resolve, 2_000));
        return nodeId;
      },
      { numCpus: 0, ...on("near"), fallbackStrategy: [on("far")] },
    );
    const counter = remote(Counter, { numCpus: 0, maxRestarts: 1, maxTaskRetries: -1, ...on("near"), fallbackStrategy: [on("far")] }).remote();
    expect(await get(counter.add.remote())).toEqual([1, near.id]);
    const running = straggler.remote(near.id);
    // It is under way there once a later one has ended.
    expect(await get(where.options({ numCpus: 0, ...on("near") }).remote())).toBe(near.id);
    cluster.hosts.setCable(near.host, "down");
    const meanwhile = counter.add.remote();
    expect(await get(running, { timeoutMs: 20_000 })).toBe(far.id);
    expect(await get(meanwhile, { timeoutMs: 20_000 })).toEqual([1, far.id]);
    expect((await rowOf(near))?.["death"]).toMatchObject({ cause: "unresponsive", detail: "it sent no report for 5 s" });

    cluster.hosts.setCable(near.host, "up");
    expect(await near.ended).toBe(1);
    expect(near.output()).toContain("this node has ended");
    // What it had done meanwhile counts for nothing.
    expect(await get(running)).toBe(far.id);
    expect(await get(counter.add.remote())).toEqual([2, far.id]);
    expect(await isDead(near)).toBe(true);
    const again = await cluster.addNode(["--num-cpus", "1", "--labels", "zone=again"]);
    expect(await get(where.options(on("again")).remote())).toBe(again.id);
  }, 60_000);

  test("one whose cable is out for less than that is not declared dead, and nothing is lost", async () => {
    const counter = remote(Counter, { numCpus: 0, ...on("near") }).remote();
    expect(await get(counter.add.remote())).toEqual([1, near.id]);
    cluster.hosts.setCable(near.host, "down");
    const during = counter.add.remote();
    const since = performance.now();
    await waitForCondition(() => performance.now() - since > 1_500);
    cluster.hosts.setCable(near.host, "up");
    expect(await get(during, { timeoutMs: 10_000 })).toEqual([2, near.id]);
    expect((await rowOf(near))?.["state"]).toBe("ALIVE");
  }, 30_000);

  test("a slow cable is not a death", async () => {
    if (!cluster.hosts.slow(near.host, 400)) {
      console.error("slow cables are left out: this machine's kernel has no netem");
      return;
    }
    const counter = remote(Counter, { numCpus: 0, ...on("near") }).remote();
    const began = performance.now();
    const counts = await get(Array.from({ length: 10 }, () => counter.add.remote()));
    expect(counts.map(([count]) => count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(performance.now() - began).toBeGreaterThan(800);
    // Longer than a silence may last.
    await waitForCondition(() => performance.now() - began > 6_000);
    expect((await rowOf(near))?.["state"]).toBe("ALIVE");
    expect(await get(counter.add.remote())).toEqual([11, near.id]);
  }, 60_000);
});
