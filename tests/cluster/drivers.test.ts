import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { headOf } from "../../actors/sessions/mod.ts";
import { availableResources, get, getActor, init, isInitialized, listNamedActors, placementGroupTable, remote, shutdown } from "../../mod.ts";
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
    const lasting = (await getActor("lasting")) as unknown as { keep: { remote(value: unknown): Parameters<typeof get>[0] } };
    expect(await get(lasting.keep.remote(2) as never)).toBe(true as never);
  }, 60_000);
});
