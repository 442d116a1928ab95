import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { headOf } from "../../actors/sessions/mod.ts";
import { get, getRuntimeContext, init, nodes, remote, shutdown } from "../../mod.ts";
import { Cluster, waitForCondition } from "../../testing/mod.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ head: { numCpus: 2 } });
  await init({ address: cluster.address, token: cluster.token });
});

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
});

const where = remote(() => getRuntimeContext().nodeId, { numCpus: 1 });
class Place {
  where(): string {
    return getRuntimeContext().nodeId;
  }
}
const PlaceActor = remote(Place, { numCpus: 0 });

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  );

describe("what names a node for good", () => {
  const on = (nodeId: string, soft = false) => ({ schedulingStrategy: { nodeId, soft } });

  test("that there is not, or that is too small, is refused at once, and says why", async () => {
    expect(await caught(get(where.options(on("none")).remote()))).toMatchObject({
      code: "TASK_UNSCHEDULABLE",
      message: expect.stringContaining("which the cluster does not have"),
    });
    expect(await caught(get(where.options({ numCpus: 64, ...on(cluster.head.id) }).remote()))).toMatchObject({
      code: "TASK_UNSCHEDULABLE",
      message: expect.stringContaining("CPU: 64 asked for, 2 on this node"),
    });
    expect(await caught(get(PlaceActor.options(on("none")).remote().where.remote()))).toMatchObject({ code: "ACTOR_UNSCHEDULABLE" });
  });

  test("that dies or is drained, is refused then; softly it goes elsewhere", async () => {
    for (const leave of ["killed", "drained"] as const) {
      const node = await cluster.addNode({ numCpus: 1 });
      expect(await get(where.options(on(node.id)).remote())).toBe(node.id);
      if (leave === "killed") {
        await cluster.removeNode(node, { allowGraceful: false });
        await waitForCondition(async () => (await nodes()).every(({ nodeId, alive }) => nodeId !== node.id || !alive));
      } else {
        const ask = headOf({ url: cluster.address, token: cluster.token });
        expect(await ask({ about: "drain", nodeId: node.id, reason: "it is old" })).toBe(true);
      }
      expect(await caught(get(where.options(on(node.id)).remote()))).toMatchObject({ code: "TASK_UNSCHEDULABLE" });
      expect(await caught(get(PlaceActor.options(on(node.id)).remote().where.remote()))).toMatchObject({ code: "ACTOR_UNSCHEDULABLE" });
      expect(await get(where.options(on(node.id, true)).remote())).toBe(cluster.head.id);
    }
  });
});

describe("what no node can have", () => {
  test("waits, its driver's terminal says what is missing, and goes to the node that can have it", async () => {
    const script = fileURLToPath(new URL("demanding_driver.ts", import.meta.url));
    const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
    const env = { ...process.env, MOBULA_ADDRESS: cluster.address, MOBULA_TOKEN: cluster.token, NO_COLOR: "1" };
    const driver = spawn(process.execPath, [...run, script], { env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    driver.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    driver.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise((resolve) => driver.once("close", resolve));
    try {
      await waitForCondition(() => stderr.split("\n").length > 3);
      expect(stderr).toContain("mobula: task tall cannot be scheduled and waits: tpu: 3 asked for, 0 on ");
      expect(stderr).toContain('mobula: actor Wide cannot be scheduled and waits: no node has labels that match {"zone":"new"}');
      expect(stderr).toContain('mobula: placement group "boxes" cannot be placed and waits');
      const node = await cluster.addNode({ numCpus: 1, labels: { zone: "new" }, resources: { tpu: 4 } });
      expect(await ended).toBe(0);
      expect(JSON.parse(stdout)).toEqual([node.id, node.id]);
      // Each was told once.
      expect(stderr.trim().split("\n").length).toBe(3);
    } finally {
      driver.kill("SIGKILL");
    }
  }, 30_000);
});
