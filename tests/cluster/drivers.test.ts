import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { headOf } from "../../actors/sessions/mod.ts";
import {
  type ActorDiedError,
  availableResources,
  get,
  getActor,
  init,
  isInitialized,
  listNamedActors,
  type ObjectRef,
  type OwnerDiedError,
  placementGroupTable,
  remote,
  shutdown,
  type TaskError,
} from "../../mod.ts";
import { Cluster, waitForCondition } from "../../testing/mod.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
/** How long what a dead driver had may stay. */
const SECONDS = { timeoutMs: 5_000 };

let cluster: Cluster;
let folder: string;
let driver: ChildProcess;

/** A driver of its own process, up and with all its work begun. */
async function startDriver(): Promise<void> {
  const env = { ...process.env, MOBULA_ADDRESS: cluster.address, MOBULA_TOKEN: cluster.token };
  driver = spawn(process.execPath, [...run, "tests/cluster/doomed_driver.ts", folder], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<never>((_, reject) => void driver.once("exit", (code) => reject(new Error(`the driver ended with ${code}`))));
  await Promise.race([new Promise((resolve) => void driver.stdout?.once("data", resolve)), ended]);
}

interface Keeper {
  keep: { remote(value: unknown): ObjectRef<boolean> };
  read: { remote(): ObjectRef<unknown> };
  readLarge: { remote(): ObjectRef<unknown> };
}

async function failureOf<E extends Error>(ref: ObjectRef<unknown>): Promise<E> {
  return (await get(ref, { timeoutMs: 10_000 }).then(
    () => {
      throw new Error("it should have failed");
    },
    (error: unknown) => error,
  )) as E;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mobula-driver-"));
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  await cluster.addNode({ numCpus: 3, resources: { extra: 1 } });
  await cluster.addNode({ numCpus: 2 });
  await cluster.waitForNodes();
  await startDriver();
  await init({ address: cluster.address, token: cluster.token, namespace: "tests" });
});

afterEach(async () => {
  driver.kill("SIGKILL");
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

describe("a driver that is killed", () => {
  test("takes its actors, tasks, groups and objects with it within seconds; what is detached lives", async () => {
    const ask = headOf({ url: cluster.address, token: cluster.token });
    const rows = async (kind: string, filter: string) => (await ask({ about: "list", kind, filters: [filter] })).rows;
    const stored = async () => (await rows("objects", "state=IN_MEMORY")).filter((row) => (row["bytes"] as number) > 500_000);
    expect((await listNamedActors()).length).toBe(3);
    expect((await availableResources())["CPU"] ?? 0).toBe(0);
    expect((await stored()).length).toBeGreaterThan(1);

    const [lasting, mortal] = (await Promise.all([getActor("lasting"), getActor("mortal")])) as unknown as [Keeper, Keeper];

    driver.kill("SIGKILL");
    await waitForCondition(async () => (await availableResources())["CPU"] === 5, SECONDS);
    await waitForCondition(async () => (await listNamedActors()).map(({ name }) => name).join() === "lasting", SECONDS);
    const groups = Object.values(await placementGroupTable()).map(({ name, state }) => `${name} ${state}`);
    expect(groups.sort()).toEqual(["lasting CREATED", "mortal REMOVED"]);
    await waitForCondition(async () => (await stored()).length === 0, SECONDS);
    const [job] = await rows("jobs", "status=FAILED");
    expect(job?.["message"]).toContain("died");
    // Nothing that waited has run, and all CPUs are there for others.
    expect(readdirSync(folder).sort()).toEqual(["busy", "deaf", "parent", "parent-child"]);
    const work = remote((x: number) => x);
    expect(await get([1, 2, 3, 4, 5].map((x) => work.remote(x)))).toEqual([1, 2, 3, 4, 5]);
    expect(await get(lasting.keep.remote([1]))).toBe(true);
    // Whoever still asks for something of the dead driver's hears whose it was, where and when.
    const error = await failureOf<ActorDiedError>(mortal.keep.remote(2));
    expect(error.death.cause).toBe("owner-died");
    expect(error.message).toMatch(new RegExp(`its owner died \\(.*pid ${driver.pid}, at \\d{4}-.*The driver of job ${job?.["jobId"]} ran there`));
  }, 60_000);

  test("leaves those who hold its refs an error that says whose they were, where and when", async () => {
    const lasting = (await getActor("lasting")) as unknown as Keeper;
    // Of the small value it has a copy from now on; of the large one nobody has but the driver's node.
    expect(await get(lasting.read.remote())).toBe("the driver's own");
    driver.kill("SIGKILL");
    await waitForCondition(async () => (await availableResources())["CPU"] === 5, SECONDS);
    const error = await failureOf<TaskError>(lasting.readLarge.remote());
    const cause = error.cause as OwnerDiedError;
    expect(cause.code).toBe("OWNER_DIED");
    expect(cause.message).toMatch(/because its owner died\. Node \S+ died: its node died \(pid \d+, at \d{4}-.*The driver of job \S+ ran there/);
  }, 60_000);
});
