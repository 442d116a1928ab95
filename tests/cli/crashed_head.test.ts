import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { isRunning } from "../../actors/sessions/mod.ts";
import { get, init, kv, shutdown } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { freePort } from "../actors/gcs/redis_server.ts";
import { CounterActor } from "../cluster/survivors.ts";
import { Mobula } from "./mobula.ts";

interface Node {
  readonly nodeId: string;
  readonly pid: number;
  readonly address: string;
  readonly tokenFile: string;
}

let mobula: Mobula;
let port: string;

beforeEach(async () => {
  mobula = new Mobula();
  port = String(await freePort());
});

afterEach(async () => {
  await shutdown();
  await mobula[Symbol.asyncDispose]();
});

const startHead = (): Promise<Node> => mobula.json("start", "--head", "--port", port, "--num-cpus", "0");
const tablesOf = ({ tokenFile }: Node): string[] => readdirSync(dirname(tokenFile)).filter((name) => name.startsWith("tables.db"));

describe("a head from the command line", () => {
  test("that crashed is started anew at its port, with its tables and its token, and its nodes come back", async () => {
    const head = await startHead();
    const node: Node = await mobula.json("start", "--address", head.address, "--num-cpus", "1", "--labels", "role=member");
    const token = readFileSync(head.tokenFile, "utf8").trim();
    await init({ address: head.address, token, namespace: "n", logToDriver: false });
    await kv.put("k", "v");
    const counter = CounterActor.options({ name: "counter" }).remote();
    expect(await get(counter.add.remote())).toBe(1);
    process.kill(head.pid, "SIGKILL");
    await waitForCondition(() => !isRunning(head));
    expect(await get(counter.add.remote())).toBe(2);
    const again = await startHead();
    expect([again.address, again.tokenFile]).toEqual([head.address, head.tokenFile]);
    expect(again.nodeId).not.toBe(head.nodeId);
    expect(await kv.get("k")).toBe("v");
    expect(await get(counter.add.remote())).toBe(3);
    const { nodes } = await mobula.json("status");
    expect(nodes.map(({ nodeId }: { nodeId: string }) => nodeId)).toContain(node.nodeId);
    expect(isRunning(node)).toBe(true);
  }, 60_000);

  test("leaves what it had for the next start that succeeds: not one with a mistyped certificate, nor one that runs in that process", async () => {
    const head = await startHead();
    const token = readFileSync(head.tokenFile, "utf8").trim();
    await init({ address: head.address, token, namespace: "n", logToDriver: false });
    await kv.put("k", "v");
    await shutdown();
    process.kill(head.pid, "SIGKILL");
    await waitForCondition(() => !isRunning(head));
    for (const how of [[], ["--block"]]) {
      const refused = await mobula.run("start", "--head", "--port", port, "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key", ...how);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("/nowhere.pem")]);
    }
    expect((await startHead()).tokenFile).toBe(head.tokenFile);
    await init({ address: head.address, token, namespace: "n", logToDriver: false });
    expect(await kv.get("k")).toBe("v");
  }, 60_000);

  test("that is stopped takes its nodes and its tables along", async () => {
    const head = await startHead();
    const node: Node = await mobula.json("start", "--address", head.address, "--num-cpus", "1");
    expect(tablesOf(head)).not.toEqual([]);
    process.kill(head.pid, "SIGTERM");
    await waitForCondition(() => !isRunning(head) && !isRunning(node), { timeoutMs: 10_000 });
    expect(tablesOf(head)).toEqual([]);
    const again = await startHead();
    expect(existsSync(join(dirname(again.tokenFile), "tables.db"))).toBe(true);
  }, 60_000);
});
