import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type ActorHandle,
  availableResources,
  get,
  getRuntimeContext,
  init,
  isInitialized,
  type ObjectRef,
  put,
  remote,
  shutdown,
  wait,
} from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { SignalActor, type SignalState } from "../../util/mod.ts";
import { rejection } from "../rejection.ts";

const LENGTH = 100_000;

let cluster: Cluster;
let doomed: ClusterNode;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  doomed = await cluster.addNode({ numCpus: 1, labels: { zone: "doomed" } });
  await cluster.addNode({ numCpus: 1, labels: { zone: "stable" } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
});

afterEach(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

/** Runs on the doomed node while there is one. */
const there = { labelSelector: { zone: "doomed" }, fallbackStrategy: [{ labelSelector: { zone: "stable" } }] };

const filled = remote((value: number) => new Float64Array(100_000).fill(value), there);
const plusOne = remote((array: Float64Array) => array.map((value) => value + 1), there);
const attempt = remote(() => new Float64Array(100_000).fill(getRuntimeContext().attempt), there);
const pair = remote(() => [new Float64Array(100_000).fill(1), new Float64Array(100_000).fill(2)], { ...there, numReturns: 2 });
const sum = remote((array: Float64Array) => array.reduce((total, value) => total + value, 0), { labelSelector: { zone: "stable" } });

/** Where actors are that are to outlive the doomed node. */
const stable = { numCpus: 0, labelSelector: { zone: "stable" } } as const;

const kill = (): Promise<void> => cluster.removeNode(doomed, { allowGraceful: false });
const made = (refs: readonly ObjectRef[]): Promise<unknown> => wait(refs, { numReturns: refs.length, fetchLocal: false });

describe("a large result whose only copy dies with its node", () => {
  test("is made again by its task, for the driver and for tasks elsewhere", async () => {
    const refs = [filled.remote(1), filled.remote(2)] as const;
    await made(refs);
    await kill();
    expect((await get(refs[0]))[LENGTH - 1]).toBe(1);
    expect(await get(sum.remote(refs[1]))).toBe(2 * LENGTH);
  });

  test("is made again from arguments that nobody holds any more: a chain from its beginning", async () => {
    let ref: ObjectRef<Float64Array> = filled.remote(0);
    for (let i = 0; i < 20; i++) {
      using previous = ref;
      ref = plusOne.remote(previous);
    }
    await made([ref]);
    await kill();
    expect((await get(ref))[0]).toBe(20);
  });

  test("costs its task a retry, and says when there is none left", async () => {
    const [again, once] = [attempt.remote(), attempt.options({ maxRetries: 0 }).remote()];
    await made([again, once]);
    await kill();
    expect((await get(again))[0]).toBe(1);
    const error = await rejection(get(once));
    expect(error).toMatchObject({ code: "OBJECT_RECONSTRUCTION_FAILED", functionName: "attempt" });
    expect((error as Error).message).toContain("maxRetries: 0");
  });

  test("is made again beside those results of its task that are not lost", async () => {
    const [first, second] = pair.remote();
    await made([first, second]);
    const copy = await get(first);
    await kill();
    expect((await get(second))[0]).toBe(2);
    expect((await get(first))[0]).toBe(1);
    expect(copy[0]).toBe(1);
  });

  test("is made again while others wait for it", async () => {
    const ref = filled.remote(3);
    await made([ref]);
    cluster.freeze(doomed);
    const waiting = [get(ref).then((array) => array[0]), get(sum.remote(ref))];
    await kill();
    expect(await Promise.all(waiting)).toEqual([3, 3 * LENGTH]);
  });

  test("is made again as an item of a generator, beside those that are not lost", async () => {
    const numbered = remote(
      function* (count: number) {
        for (let i = 0; i < count; i++) yield new Float64Array(100_000).fill(i);
      },
      { ...there, numReturns: "streaming", generatorBackpressure: 2 },
    );
    const items: ObjectRef<Float64Array>[] = [];
    for await (const ref of numbered.remote(4)) items.push(ref);
    await made(items);
    const copy = (await get(items[1]!))[0];
    await kill();
    expect((await get(items)).map((array) => array[0])).toEqual([0, 1, 2, 3]);
    expect(copy).toBe(1);
  });

  test("takes large arguments with it that were given by value", async () => {
    const ref = plusOne.remote(new Float64Array(LENGTH).fill(6) as never);
    await made([ref]);
    await kill();
    expect((await get(ref))[0]).toBe(7);
  });
});

describe("a large argument that is lost while its task has begun", () => {
  test("is made again though that task has the only CPU", async () => {
    const [made, go] = [SignalActor.options(stable).remote(), SignalActor.options(stable).remote()];
    const parent = remote(
      async (made: ActorHandle<SignalState>, go: ActorHandle<SignalState>) => {
        const ref = filled.remote(4);
        await wait([ref], { fetchLocal: false });
        await get(made.send.remote());
        await get(go.wait.remote());
        // Of this node's own tasks those that wait for what is elsewhere are the ones that have begun.
        return await get(sum.remote(ref));
      },
      { labelSelector: { zone: "stable" } },
    );
    const result = parent.remote(made, go);
    await get(made.wait.remote());
    cluster.freeze(doomed);
    await get(go.send.remote());
    await waitForCondition(async () => (await availableResources())["CPU"] === 1);
    await kill();
    expect(await get(result, { timeoutMs: 20_000 })).toBe(4 * LENGTH);
  });
});

describe("a value of put()", () => {
  test("is not made again: it dies with its owner's node, and says so", async () => {
    const putThere = remote(async () => [await put(new Float64Array(100_000))], there);
    const [ref] = (await get(putThere.remote())) as [ObjectRef<Float64Array>];
    await kill();
    expect(await rejection(get(ref))).toMatchObject({ code: "OWNER_DIED" });
  });
});
