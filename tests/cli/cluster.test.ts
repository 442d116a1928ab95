import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { isRunning } from "../../actors/sessions/mod.ts";
import { waitForCondition } from "../../testing/mod.ts";
import { Mobula } from "./mobula.ts";

interface Node {
  readonly nodeId: string;
  readonly pid: number;
  readonly address: string;
  readonly tokenFile: string;
  readonly logFile: string;
}

const isAlive = ({ pid }: { pid: number }): boolean => isRunning({ pid });

describe("a cluster from the command line", () => {
  let mobula: Mobula;
  let head: Node;
  let other: Node;

  beforeAll(async () => {
    mobula = new Mobula();
    head = await mobula.json("start", "--head", "--port", "0", "--num-cpus", "1", "--name", "first");
    // The token is that of this machine's session.
    other = await mobula.json("start", "--address", head.address, "--num-cpus", "1", "--labels", "zone=b", "--name", "second");
  });

  afterAll(async () => {
    await mobula[Symbol.asyncDispose]();
  });

  test("runs in processes of their own, which belong to nobody's terminal", () => {
    for (const { pid } of [head, other]) {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      expect(Number(stat[3])).toBe(pid);
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("boot/node.ts");
    }
  });

  test("has a token that its owner alone can read, and that is nowhere else", () => {
    expect(statSync(head.tokenFile).mode & 0o777).toBe(0o600);
    const token = readFileSync(head.tokenFile, "utf8").trim();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(mobula.printed).not.toContain(token);
    const sessions = join(mobula.tempDir, readdirSync(mobula.tempDir)[0] as string);
    expect(statSync(sessions).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(sessions, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile() && path !== head.tokenFile) expect(readFileSync(path, "utf8")).not.toContain(token);
    }
    for (const { pid } of [head, other]) {
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(token);
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain(token);
    }
  });

  test("status shows both nodes and what they have", async () => {
    const { nodes, total, pending } = await mobula.json("status");
    expect(nodes.map(({ nodeId, name, head }: Record<string, unknown>) => [nodeId, name, head])).toEqual([
      [head.nodeId, "first", true],
      [other.nodeId, "second", false],
    ]);
    expect(total.CPU).toBe(2);
    expect(pending).toEqual([]);
    const { stdout } = await mobula.run("status");
    expect(stdout).toContain("2 nodes, 0 drivers");
    expect(stdout).toContain(`${other.nodeId} (second)`);
    expect(stdout).toContain("Nothing waits.");
    expect(stdout).not.toContain("\u001B");
  });

  test("runs a driver's tasks on both, and tells of them afterwards", async () => {
    const { code, stdout, stderr } = await mobula.script("tests/cli/spread_driver.ts");
    expect([code, stderr]).toEqual([0, ""]);
    expect(new Set(JSON.parse(stdout))).toEqual(new Set([head.nodeId, other.nodeId]));
    expect((await mobula.json("list", "tasks", "--filter", "name=whereAmI", "--limit", "5")).length).toBe(5);
    expect((await mobula.run("list", "tasks", "--limit", "5")).stdout).toContain("5 of 22 are shown");
    const summary = await mobula.run("summary", "tasks");
    expect(summary.stdout).toContain("22 tasks: 20 FINISHED, 2 FAILED");
    const failed = await mobula.json("list", "tasks", "--filter", "state=FAILED", "--detail");
    expect(failed.map(({ name, attempt, errorType }: Record<string, unknown>) => [name, attempt, errorType]).sort()).toEqual([
      ["fails", 0, "TASK_ERROR"],
      ["fails", 1, "TASK_ERROR"],
    ]);
    expect((await mobula.json("summary", "objects")).total).toBe(0);
    expect((await mobula.json("timeline")).length).toBeGreaterThanOrEqual(20);
    expect((await mobula.json("list", "jobs")).length).toBe(1);
  });

  test("tells what waits and why, and lists actors and objects", async () => {
    const driver = mobula.spawn("tests/cli/waiting_driver.ts");
    try {
      await new Promise((resolve) => driver.stdout?.once("data", resolve));
      const { pending } = await waitForCondition(async () => {
        const status = await mobula.json("status");
        return status.pending.length === 3 && status.pending[0].why.includes("64") && status;
      });
      expect(pending).toMatchObject([
        { kind: "task", name: "huge", resources: { CPU: 64 }, waiting: 1, why: expect.stringContaining("CPU: 64 asked for, 1 on the largest node") },
        {
          kind: "actor",
          name: "Counter",
          resources: { tpu: 3 },
          waiting: 1,
          why: expect.stringContaining("tpu: 3 asked for, 0 on the largest node"),
        },
        { kind: "placement group", name: "wide", resources: { CPU: 33 }, waiting: 1, why: expect.stringContaining("does not fit the 2 nodes") },
      ]);
      const { stdout } = await mobula.run("status");
      expect(stdout).toContain("2 nodes, 1 driver\n");
      expect(stdout).toMatch(/ {2}1 × huge \{CPU: 64\} of node \S+: CPU: 64 asked for, 1 on the largest node/);
      expect(stdout).toMatch(/ {2}1 × actor Counter \{tpu: 3, CPU: 1\} of node \S+: tpu: 3 asked for/);
      expect(stdout).toContain("  1 × placement group wide {CPU: 33}: ");
      const [actor] = await mobula.json("list", "actors", "--filter", "state=ALIVE");
      expect(actor).toMatchObject({ className: "Counter", state: "ALIVE" });
      expect(await mobula.json("get", "actors", actor.actorId)).toMatchObject({ actorId: actor.actorId, isolation: "thread" });
      const objects = await mobula.json("list", "objects", "--filter", "state=IN_MEMORY", "--detail");
      expect(objects[0].bytes).toBeGreaterThan(400_000);
      expect(await mobula.json("get", "objects", objects[0].objectId)).toMatchObject({ objectId: objects[0].objectId });
    } finally {
      driver.kill("SIGKILL");
    }
  });

  test("gives one row in full, and fails for what there is not", async () => {
    const row = await mobula.json("get", "nodes", other.nodeId);
    expect(row).toMatchObject({ nodeId: other.nodeId, pid: other.pid, labels: { zone: "b" } });
    expect(await mobula.run("get", "nodes", "none")).toMatchObject({
      code: 1,
      stderr: "mobula: there is none of the nodes with the id none: see mobula list nodes\n",
    });
    expect(await mobula.run("list", "node")).toMatchObject({
      code: 2,
      stderr: 'mobula: unknown kind "node"\nDid you mean nodes? Try mobula list --help.\n',
    });
    expect(await mobula.run("list", "nodes", "--filter", "colour=red")).toMatchObject({ code: 1 });
  });

  test("who only looks leaves nothing behind", async () => {
    const count = async () => [(await mobula.json("list", "nodes")).length, (await mobula.json("list", "jobs")).length];
    const before = await count();
    expect(await count()).toEqual(before);
  });

  test("health-check says by its exit code whether the head answers", async () => {
    expect(await mobula.run("health-check")).toMatchObject({ code: 0, stdout: `${head.address} is up.\n` });
    expect(await mobula.run("health-check", "--address", "127.0.0.1:1")).toMatchObject({ code: 1 });
    const wrong = { MOBULA_TOKEN: "f".repeat(64) };
    const refused = await mobula.runIn(wrong, "health-check");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("the token is missing or wrong");
  });

  test("a taken port is answered with who has it", async () => {
    const { port } = new URL(head.address);
    const { code, stderr } = await mobula.run("start", "--head", "--port", port);
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is taken: the head ${head.nodeId} (pid ${head.pid}) has it`);
  });

  test("drain-node takes a node out of use and ends it once it is idle", async () => {
    expect(await mobula.run("drain-node", "--node-id", head.nodeId)).toMatchObject({
      code: 2,
      stderr: "mobula: --reason is missing\nTry mobula drain-node --help.\n",
    });
    expect(await mobula.run("drain-node", "--node-id", head.nodeId, "--reason", "x")).toMatchObject({ code: 1 });
    expect(await mobula.run("drain-node", "--node-id", other.nodeId, "--reason", "maintenance")).toMatchObject({ code: 0 });
    await waitForCondition(() => !isAlive(other));
    expect(readFileSync(other.logFile, "utf8")).toContain("this node has ended: it was drained (maintenance)");
    expect((await mobula.json("status")).nodes.map(({ nodeId }: Node) => nodeId)).toEqual([head.nodeId]);
  });

  test("stop ends what was started here, and leaves no process and no token", async () => {
    const third: Node = await mobula.json("start", "--address", head.address, "--num-cpus", "1");
    expect((await mobula.run("stop")).stdout).toBe("Stopped 2 nodes.\n");
    expect([head, other, third].filter(isAlive)).toEqual([]);
    expect(() => statSync(head.tokenFile)).toThrow("ENOENT");
    expect((await mobula.run("stop")).stdout).toBe("No node was running here.\n");
    const { code, stderr } = await mobula.run("status");
    expect(code).toBe(1);
    expect(stderr).toContain("mobula start --head");
  });
});

describe("mobula start", () => {
  test("says how a node joins and how a driver connects, with the token's file", async () => {
    await using mobula = new Mobula();
    const { code, stdout } = await mobula.run("start", "--head", "--port", "0", "--num-cpus", "0");
    expect(code).toBe(0);
    const [, at, file] = /mobula start --address (\S+) --token-file (\S+)/.exec(stdout) ?? [];
    expect(at).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(stdout).toContain(`MOBULA_ADDRESS=${at} MOBULA_TOKEN_FILE=${file} `);
    expect(stdout).toContain("It listens for this machine alone");
    const joined = await mobula.run("start", "--address", at as string, "--token-file", file as string, "--num-cpus", "0");
    expect(joined.stdout).toContain("has joined");
    const stopped = await mobula.run("stop", "--all");
    expect(stopped.stdout).toBe("Stopped 2 nodes.\n");
  });

  test("a node that cannot join says why and is gone", async () => {
    await using mobula = new Mobula();
    const { code, stderr } = await mobula.run("start", "--address", "127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toContain("ws://127.0.0.1:1");
    expect((await mobula.run("stop")).stdout).toBe("No node was running here.\n");
  });

  test("a folder for spilling that cannot be is said by its name", async () => {
    await using mobula = new Mobula();
    const { code, stderr } = await mobula.run("start", "--head", "--port", "0", "--num-cpus", "0", "--spill-dir", "/dev/null/x");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^mobula: Objects cannot be spilled to \/dev\/null\/x: /);
    expect(stderr).toContain("--spill-dir");
  });

  test("a head takes a token that is there, from a file or the environment", async () => {
    await using mobula = new Mobula();
    const token = "0123456789abcdef".repeat(4);
    const { address } = JSON.parse(
      (await mobula.runIn({ MOBULA_TOKEN: token }, "start", "--head", "--port", "0", "--num-cpus", "0", "--json")).stdout,
    );
    expect((await mobula.run("status", "--address", address)).stderr).toContain("the token is missing or wrong");
    expect(await mobula.runIn({ MOBULA_TOKEN: token }, "status", "--address", address)).toMatchObject({ code: 0 });
    expect(mobula.printed).not.toContain(token);
  });

  test("--block keeps the node in the foreground until it is told to end", async () => {
    await using mobula = new Mobula();
    const child = mobula.spawn("cli/main.ts", ["start", "--head", "--port", "0", "--num-cpus", "1", "--block"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await waitForCondition(async () => (await mobula.run("health-check")).code === 0);
    expect((await mobula.json("status")).nodes[0].pid).toBe(child.pid);
    process.kill(child.pid as number, "SIGTERM");
    await ended;
    expect((await mobula.run("stop")).stdout).toBe("No node was running here.\n");
  });

  test("--block ends with 0 when the cluster is stopped", async () => {
    await using mobula = new Mobula();
    const child = mobula.spawn("cli/main.ts", ["start", "--head", "--port", "0", "--num-cpus", "1", "--block"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await waitForCondition(async () => (await mobula.run("health-check")).code === 0);
    expect((await mobula.run("stop", "--all")).stdout).toBe("Stopped 1 node.\n");
    expect(await ended).toBe(0);
  });
});
