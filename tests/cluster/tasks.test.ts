import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { get, getRuntimeContext, init, put, remote, shutdown } from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";

let cluster: Cluster;
let node: ClusterNode;

beforeAll(async () => {
  cluster = await Cluster.start({ head: { numCpus: 1, labels: { zone: "a" } } });
  node = await cluster.addNode({ numCpus: 2, labels: { zone: "b" }, resources: { special: 2 } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
});

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
});

const square = remote((x: number) => x * x);
const where = remote(() => getRuntimeContext().nodeId);

describe("tasks of a driver that has no CPUs", () => {
  test("run on other nodes, one by one and by the thousand", async () => {
    expect(await get(square.remote(4))).toBe(16);
    for (let i = 0; i < 50; i++) expect(await get(square.remote(i))).toBe(i * i);
    const many = await get(Array.from({ length: 5_000 }, (_, i) => square.remote(i)));
    expect(many).toEqual(Array.from({ length: 5_000 }, (_, i) => i * i));
  });

  test("never run on the driver's own node", async () => {
    const own = getRuntimeContext().nodeId;
    const places = await get(Array.from({ length: 50 }, () => where.options({ numCpus: 0 }).remote()));
    expect(places).not.toContain(own);
  });

  test("go where their resources, labels and strategies say", async () => {
    expect(await get(where.options({ resources: { special: 1 } }).remote())).toBe(node.id);
    expect(await get(where.options({ labelSelector: { zone: "b" } }).remote())).toBe(node.id);
    expect(await get(where.options({ labelSelector: { zone: "a" } }).remote())).toBe(cluster.head.id);
    expect(await get(where.options({ schedulingStrategy: { nodeId: node.id, soft: false } }).remote())).toBe(node.id);
  });

  test("are spread over the nodes when they ask for that", async () => {
    // Of nodes that have room, which what ran before may still hold for a moment.
    await waitForCondition(async () => {
      const places = await get(Array.from({ length: 6 }, () => where.options({ schedulingStrategy: "SPREAD" }).remote()));
      return places.includes(cluster.head.id) && places.includes(node.id);
    });
  });

  test("take refs of any size as arguments, and give results of any size", async () => {
    const numbers = put(new Float64Array(500_000).fill(2));
    const sum = remote((values: Float64Array) => values.reduce((a, b) => a + b, 0));
    expect(await get([sum.remote(numbers), sum.options({ labelSelector: { zone: "b" } }).remote(numbers)])).toEqual([1_000_000, 1_000_000]);
    const make = remote((length: number) => new Float64Array(length).fill(3));
    const made = make.options({ labelSelector: { zone: "b" } }).remote(300_000);
    expect(await get(sum.options({ labelSelector: { zone: "a" } }).remote(made))).toBe(900_000);
    expect((await get(made)).length).toBe(300_000);
  });

  test("submit tasks of their own, which may run elsewhere", async () => {
    const outer = remote(async (n: number) => await get(Array.from({ length: n }, (_, i) => square.remote(i))));
    const results = await get(Array.from({ length: 4 }, () => outer.remote(20)));
    for (const result of results) expect(result).toEqual(Array.from({ length: 20 }, (_, i) => i * i));
  });

  test("fail with their own error, whole", async () => {
    const fails = remote((): number => {
      throw new RangeError("too far");
    });
    const error = await get(fails.options({ labelSelector: { zone: "b" } }).remote()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TASK_ERROR", nodeId: node.id, cause: { name: "RangeError", message: "too far" } });
  });
});
