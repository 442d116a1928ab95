/** Prints how long a cluster takes to get over the kill -9 of a node, of its head, and of a head that another stands by for. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { init, kv, remote, shutdown } from "mobula";
import { Cluster, waitForCondition } from "mobula/testing";

const since = (start: number): number => performance.now() - start;
const TOKEN = "0".repeat(64);
const folder = mkdtempSync(join(tmpdir(), "mobula-recovery-"));

/** From the kill of a node to the first of its tasks that has begun on another. */
async function nodeKilled(cluster: Cluster): Promise<number> {
  const file = join(folder, "begun");
  writeFileSync(file, "");
  const doomed = await cluster.addNode({ numCpus: 2 });
  const begin = remote(
    async (path: string) => {
      const { appendFileSync } = await import("node:fs");
      appendFileSync(path, `${Date.now()}\n`);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    },
    { maxRetries: -1 },
  );
  const refs = [begin.remote(file), begin.remote(file)];
  const begun = (): number[] => readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
  await waitForCondition(() => begun().length === 2);
  await cluster.addNode({ numCpus: 2 });
  const killed = Date.now();
  await cluster.removeNode(doomed, { allowGraceful: false });
  await waitForCondition(() => begun().length > 2, { timeoutMs: 20_000 });
  refs.length = 0;
  return (begun()[2] as number) - killed;
}

/** From the start of a head's process to its first answer, with tables of a thousand keys and the nodes of the one before. */
async function headRestarted(cluster: Cluster): Promise<number> {
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => kv.put(`key ${i}`, "value")));
  await cluster.killHead();
  const start = performance.now();
  await cluster.restartHead();
  if ((await kv.get("key 999")) !== "value") throw new Error("the head has lost a key");
  return since(start);
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A head from the command line, once it has said that it is up. */
async function startHead(...flags: string[]): Promise<ChildProcess> {
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const token = { MOBULA_TOKEN: TOKEN, MOBULA_TEMP_DIR: folder };
  const head = spawn(process.execPath, [...run, main, "start", "--head", "--block", "--json", "--num-cpus", "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...token },
  });
  await new Promise((resolve) => head.stdout?.once("data", resolve));
  return head;
}

/** From the kill of a head to the first answer of the one that stands by, which shares its Redis. */
async function standbyTakesOver(): Promise<number> {
  const [redis, one, other] = [await freePort(), await freePort(), await freePort()];
  const server = spawn("redis-server", ["--port", String(redis), "--dir", folder, "--save", "", "--appendonly", "yes"], { stdio: "ignore" });
  const storage = ["--storage", `redis://127.0.0.1:${redis}`];
  const first = await startHead(...storage, "--port", String(one));
  const second = await startHead(...storage, "--port", String(other), "--standby");
  await init({ address: `ws://127.0.0.1:${one},ws://127.0.0.1:${other}`, token: TOKEN, logToDriver: false });
  await kv.put("key", "value");
  const start = performance.now();
  first.kill("SIGKILL");
  if ((await kv.get("key")) !== "value") throw new Error("the head that stood by has lost a key");
  const ms = since(start);
  await shutdown();
  second.kill("SIGKILL");
  server.kill("SIGKILL");
  return ms;
}

let nodeMs: number;
let headMs: number;
{
  await using cluster = await Cluster.start({ head: { numCpus: 0, storage: `sqlite:${join(folder, "head.db")}` } });
  await init({ address: cluster.address, token: cluster.token, logToDriver: false });
  nodeMs = await nodeKilled(cluster);
  headMs = await headRestarted(cluster);
  await shutdown();
}
const standbyMs = await standbyTakesOver();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ nodeMs, headMs, standbyMs, completed: 1 }));
