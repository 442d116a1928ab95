import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type ActorDiedError,
  availableResources,
  get,
  getRuntimeContext,
  init,
  isInitialized,
  nodes,
  type ObjectReconstructionFailedError,
  remote,
  shutdown,
  type WorkerCrashedError,
} from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";

let cluster: Cluster;
let stable: ClusterNode;
let doomed: ClusterNode;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  doomed = await cluster.addNode({ numCpus: 1, labels: { zone: "doomed" } });
  stable = await cluster.addNode({ numCpus: 1, labels: { zone: "stable" } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
});

afterEach(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

/** Says where it runs and waits for ever on the doomed node; elsewhere it ends at once. */
const straggler = remote(async (doomedId: string) => {
  if (getRuntimeContext().nodeId === doomedId) await new Promise(() => {});
  return getRuntimeContext().nodeId;
});

const isAlive = async ({ id }: ClusterNode): Promise<boolean> => (await nodes()).some((node) => node.nodeId === id && node.alive);

/** Resolves when the one CPU of a node is taken. */
async function busyOn(node: ClusterNode): Promise<void> {
  await waitForCondition(async () => (await availableResources())["CPU"] === 1 && (await isAlive(node)));
}

describe("a node that is killed", () => {
  test("is found dead, and its tasks run again elsewhere", async () => {
    const anywhere = straggler.options({ labelSelector: { zone: "doomed" }, fallbackStrategy: [{ labelSelector: { zone: "stable" } }] });
    const ref = anywhere.remote(doomed.id);
    await busyOn(doomed);
    await cluster.removeNode(doomed, { allowGraceful: false });
    expect(await get(ref)).toBe(stable.id);
    expect(await isAlive(doomed)).toBe(false);
  });

  test("fails tasks that may not be tried again with the node's death", async () => {
    const ref = straggler.options({ maxRetries: 0, labelSelector: { zone: "doomed" } }).remote(doomed.id);
    await busyOn(doomed);
    await cluster.removeNode(doomed, { allowGraceful: false });
    const error = (await get(ref).catch((thrown: unknown) => thrown)) as WorkerCrashedError;
    expect(error).toMatchObject({ code: "WORKER_CRASHED", death: { cause: "node-died", nodeId: doomed.id } });
  });

  test("loses actors that may not be restarted, and restarts others elsewhere", async () => {
    class Place {
      where(): string {
        return getRuntimeContext().nodeId;
      }
    }
    const PlaceActor = remote(Place);
    const mortal = PlaceActor.options({ labelSelector: { zone: "doomed" }, numCpus: 0 }).remote();
    const lasting = PlaceActor.options({
      maxRestarts: 1,
      maxTaskRetries: 3,
      numCpus: 0,
      fallbackStrategy: [{ labelSelector: { zone: "stable" } }],
      labelSelector: { zone: "doomed" },
    }).remote();
    expect(await get([mortal.where.remote(), lasting.where.remote()])).toEqual([doomed.id, doomed.id]);
    await cluster.removeNode(doomed, { allowGraceful: false });
    const error = (await get(mortal.where.remote()).catch((thrown: unknown) => thrown)) as ActorDiedError;
    expect(error).toMatchObject({ code: "ACTOR_DIED", death: { cause: "node-died" } });
    expect(await get(lasting.where.remote())).toBe(stable.id);
  });

  test("takes with it what only it had, and whoever asks hears of it", async () => {
    const make = remote(() => new Float64Array(150_000));
    const ref = make.options({ maxRetries: 0, labelSelector: { zone: "doomed" } }).remote();
    const size = remote((values: Float64Array) => values.length);
    expect(await get(size.options({ labelSelector: { zone: "doomed" } }).remote(ref))).toBe(150_000);
    await cluster.removeNode(doomed, { allowGraceful: false });
    await waitForCondition(async () => !(await isAlive(doomed)));
    const error = (await get(ref, { timeoutMs: 10_000 }).catch((thrown: unknown) => thrown)) as ObjectReconstructionFailedError;
    expect(error.code).toBe("OBJECT_RECONSTRUCTION_FAILED");
  });
});

describe("a node that leaves", () => {
  test("is gone from the list at once", async () => {
    await cluster.removeNode(doomed);
    await waitForCondition(async () => !(await isAlive(doomed)));
    expect(await get(straggler.remote(doomed.id))).toBe(stable.id);
  });
});

describe("a node that is frozen", () => {
  test("is declared dead, and does no harm when it comes back", async () => {
    cluster.freeze(doomed);
    await waitForCondition(async () => !(await isAlive(doomed)), { timeoutMs: 15_000 });
    expect(await get(straggler.remote(doomed.id))).toBe(stable.id);
    cluster.thaw(doomed);
    expect(await get(straggler.remote(doomed.id))).toBe(stable.id);
    expect(await isAlive(doomed)).toBe(false);
  });
});
