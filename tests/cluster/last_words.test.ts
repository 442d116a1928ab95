import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import {
  type ActorDiedError,
  type ClusterUnavailableError,
  type Death,
  get,
  init,
  isInitialized,
  kill,
  type ObjectRef,
  type OwnerDiedError,
  remote,
  shutdown,
  type WorkerCrashedError,
} from "../../mod.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { MakerActor } from "./maker.ts";

let cluster: Cluster;
let node: ClusterNode;
let began: number;

beforeAll(async () => {
  began = Date.now();
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  node = await cluster.addNode({ numCpus: 2, labels: { zone: "lasting" } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token, logToDriver: false });
});

afterAll(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

async function failureOf<E extends Error>(ref: ObjectRef<unknown>): Promise<E> {
  return (await get(ref, { timeoutMs: 20_000 }).then(
    () => {
      throw new Error("it should have failed");
    },
    (error: unknown) => error,
  )) as E;
}

/** The moment is during this test, and the message says it. */
function tellsWhen({ message }: Error, at: number | undefined): void {
  expect(at).toBeGreaterThanOrEqual(began - 1);
  expect(at).toBeLessThanOrEqual(Date.now() + 1);
  expect(message).toContain(new Date(at as number).toISOString());
}

describe("an error says who died, of what, where, when, with the last lines", () => {
  for (const isolation of ["thread", "process"] as const) {
    test(`of a ${isolation} on another node`, async () => {
      const crash = remote(
        () => {
          console.log("before the end");
          process.exit(4);
        },
        { isolation, maxRetries: 0 },
      );
      const error = await failureOf<WorkerCrashedError>(crash.remote());
      expect(error.death).toMatchObject({ cause: "exit", exitCode: 4, nodeId: node.id, lastLogs: ["before the end"] });
      expect(error.message).toContain(error.death.workerId as string);
      expect(error.message).toContain(node.id);
      expect(error.message).toContain("Last log lines:\n  before the end");
      tellsWhen(error, error.death.at);
    });
  }

  test("of an actor that was killed, and of one whose constructor threw", async () => {
    const maker = MakerActor.remote();
    expect(await get(maker.where.remote())).toBe(node.id);
    kill(maker);
    const killed = await failureOf<ActorDiedError>(maker.where.remote());
    expect(killed.death).toMatchObject({ cause: "killed", nodeId: node.id });
    tellsWhen(killed, killed.death.at);
    class Broken {
      constructor() {
        throw new RangeError("not today");
      }
      call(): void {}
    }
    const broken = await failureOf<ActorDiedError>(
      remote(Broken, { numCpus: 0, labelSelector: { zone: "lasting" } })
        .remote()
        .call.remote(),
    );
    expect(broken.death).toMatchObject({ cause: "constructor", nodeId: node.id });
    expect(broken.message).toContain("RangeError: not today");
    tellsWhen(broken, broken.death.at);
  });

  test("of a node that was killed", async () => {
    const doomed = await cluster.addNode({ numCpus: 1, labels: { zone: "doomed" } });
    const where = remote(async () => await new Promise(() => {}), { maxRetries: 0, labelSelector: { zone: "doomed" } });
    const ref = where.remote();
    const maker = MakerActor.options({ labelSelector: { zone: "doomed" } }).remote();
    expect(await get(maker.where.remote())).toBe(doomed.id);
    await cluster.removeNode(doomed, { allowGraceful: false });
    for (const error of [await failureOf<WorkerCrashedError>(ref), await failureOf<ActorDiedError>(maker.where.remote())]) {
      const { death } = error as { death: Death };
      expect(death).toMatchObject({ cause: "node-died", nodeId: doomed.id, pid: doomed.pid });
      tellsWhen(error, death.at);
    }
  });
});

describe("a ref whose creator died", () => {
  test("stays good where its node lives", async () => {
    const maker = MakerActor.remote();
    const refs = await get(maker.make.remote());
    expect((await failureOf<ActorDiedError>(maker.leave.remote())).death).toMatchObject({ cause: "exit", exitCode: 9 });
    const size = remote((value: string | Float64Array) => value.length);
    const [small, large] = refs as [ObjectRef<string>, ObjectRef<Float64Array>];
    expect(await get([size.remote(small), size.remote(large)])).toEqual([5, 50_000]);
    expect(await get(small)).toBe("small");
    expect((await get(large)).length).toBe(50_000);
  });

  test("and that had no value yet, gives the error of its owner's death", async () => {
    const maker = MakerActor.remote();
    const [ref] = await get(maker.pending.remote());
    const waiting = failureOf<OwnerDiedError>(ref as ObjectRef<unknown>);
    maker.leave.remote();
    const error = await waiting;
    expect(error.code).toBe("OWNER_DIED");
    expect(error.nodeId).toBe(node.id);
    expect(error.message).toMatch(/because its owner died\. Worker \S+ died: it exited by itself \(.*exit code 9, at \d{4}-/);
    expect(error.message).toContain("the maker leaves");
  });
});

// The last: nothing lives on after it.
test("a driver whose head is gone hears which, where and when, from all that it waits for", async () => {
  const never = remote(async () => await new Promise(() => {}));
  const refs = [never.remote(), MakerActor.remote().where.remote()];
  await get(refs[1] as ObjectRef<unknown>);
  const waiting = failureOf<ClusterUnavailableError>(refs[0] as ObjectRef<unknown>);
  const { id } = cluster.head;
  await cluster.killHead();
  const error = await waiting;
  expect(error.code).toBe("CLUSTER_UNAVAILABLE");
  expect(error.message).toMatch(new RegExp(`the link to the head \\(node ${id}, ws://\\S+\\) broke at \\d{4}-\\d\\d-\\d\\dT`));
  await waitForCondition(() => !isInitialized());
});
