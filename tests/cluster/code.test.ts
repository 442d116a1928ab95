import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { headOf } from "../../actors/sessions/mod.ts";
import { type ActorHandle, get, getActor, init, kill, type ObjectRef, shutdown } from "../../mod.ts";
import { type Runtime, toolPath } from "../../scripts/lib/runtime.ts";
import { Cluster, type ClusterNode, waitForCondition } from "../../testing/mod.ts";
import { MOBULA, other, own, Project } from "../fixtures/bundles/voyage.ts";
import { rejectionText } from "../rejection.ts";

let temporary: Project;
let before: string | undefined;
let cluster: Cluster;
let nodes: readonly ClusterNode[];

beforeAll(async () => {
  // Where every node of the test has its folder.
  temporary = new Project({});
  before = process.env["TMPDIR"];
  process.env["TMPDIR"] = temporary.folder;
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  nodes = await Promise.all([
    cluster.addNode({ numCpus: 2, resources: { own: 2 }, runtime: own }),
    cluster.addNode({ numCpus: 2, resources: { other: 2 }, runtime: other }),
  ]);
  await cluster.waitForNodes();
});

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  temporary[Symbol.dispose]();
});

const connect = (): Promise<unknown> => init({ address: cluster.address, token: cluster.token, namespace: "code" });

/** On how many nodes there are files of a bundle. */
function copiesOf(bundle: string): number {
  const nodeFolders = readdirSync(temporary.folder).filter((name) => name.startsWith("mobula-spill-"));
  return nodeFolders.filter((name) => {
    try {
      return readdirSync(join(temporary.folder, name, "bundles")).includes(bundle);
    } catch {
      return false;
    }
  }).length;
}

/** What the head keeps. */
async function kept(): Promise<number> {
  const { rows } = await headOf({ url: cluster.address, token: cluster.token })({ about: "list", kind: "functions" });
  return rows.length;
}

const KEEPER = {
  "main.ts": `
import { get, remote } from ${MOBULA};
import { twice } from "./twice.ts";
export const where = remote((x: number) => [twice(x), import.meta.url], { resources: { own: 1 } });
const leaf = remote((x: number) => twice(x) + 1, { resources: { own: 1 } });
class Keeper {
  #fn: (x: number) => number;
  constructor(fn: (x: number) => number) { this.#fn = fn; }
  given(x: number): number { return this.#fn(x); }
  async task(x: number): Promise<number> { return get(leaf.remote(x)); }
}
const Keeping = remote(Keeper, { name: "keeper", resources: { other: 1 }, lifetime: "detached", maxRestarts: 1 });
export const begin = () => ({ keeper: Keeping.remote((x: number) => twice(twice(x))) });
`,
  "twice.ts": "export const twice = (x: number): number => x * 2;",
};

interface Keeper {
  given(x: number): number;
  task(x: number): Promise<number>;
}

describe("code that a driver brought", () => {
  test("is on the head as long as its job, and then not", async () => {
    using project = new Project(KEEPER);
    await connect();
    const { where } = await import(project.url("main.ts"));
    const [value, url] = await get<[number, string]>(where.remote(2) as ObjectRef<[number, string]>);
    const bundle = /bundles\/([0-9a-f]{64})\//.exec(url)?.[1] ?? "";
    expect([value, copiesOf(bundle), await kept()]).toEqual([4, 3, 1]);
    await shutdown();
    // What stays is the node's cache, for the same program's next run.
    await waitForCondition(async () => (await kept()) === 0 && copiesOf(bundle) === 1);
  }, 30_000);

  test("stays while a detached actor of the job may need it, with all that the actor was given or names, and goes with that", async () => {
    const project = new Project(KEEPER);
    await connect();
    const { begin } = await import(project.url("main.ts"));
    const { keeper } = begin() as { keeper: ActorHandle<Keeper> };
    expect(await get<number>(keeper.given.remote(3))).toBe(12);
    await shutdown();
    project[Symbol.dispose]();

    await connect();
    const found = await getActor<Keeper>("keeper");
    // Called for the first time with its driver and the files gone, on another node than the actor's.
    expect(await get<number>(found.task.remote(5))).toBe(11);
    expect(await kept()).toBeGreaterThan(0);
    // Started again elsewhere, it needs its class and what its constructor was given.
    const left = nodes[1] as ClusterNode;
    await cluster.removeNode(left, { allowGraceful: false });
    nodes = [nodes[0] as ClusterNode, await cluster.addNode({ numCpus: 2, resources: { other: 2 }, runtime: other })];
    expect(await get<number>(found.given.remote(4))).toBe(16);
    await kill(found);
    await waitForCondition(async () => (await kept()) === 0);
    await shutdown();
  }, 60_000);

  test("finds a package with native code on the node, or hears which one is missing there", async () => {
    using project = new Project({
      "found.ts": `
import { remote } from ${MOBULA};
import { version } from "esbuild";
export const found = remote(() => version);
`,
      "missing.ts": `
import { remote } from ${MOBULA};
import { add } from "of-this-machine";
export const missing = remote((x: number) => add(x));
`,
      "node_modules/of-this-machine/package.json": '{ "name": "of-this-machine", "main": "index.js", "gypfile": true }',
      "node_modules/of-this-machine/index.js": "exports.add = (x) => x;",
    });
    project.install("esbuild");
    await connect();
    const { found } = await import(project.url("found.ts"));
    const { missing } = await import(project.url("missing.ts"));
    const versions: unknown[] = [];
    for (const [at, node] of [
      ["own", nodes[0]],
      ["other", nodes[1]],
    ] as const) {
      const there = { resources: { [at]: 1 } };
      versions.push(await get(found.options(there).remote()));
      expect(await rejectionText(get(missing.options(there).remote(1)))).toContain(
        `function "missing" cannot run on node ${node?.id}: it needs the package "of-this-machine"`,
      );
    }
    expect(versions[0]).toMatch(/^\d+\./);
    expect(versions[1]).toBe(versions[0]);
    await shutdown();
  }, 30_000);
});

/** A driver that says what its code is, once at its start and once more when it is told to. */
class Driver implements Disposable {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly ended: Promise<void>;

  constructor(runtime: Runtime, script: string) {
    const run = runtime === "deno" ? ["run", "-A", "--no-check", "--config", fileURLToPath(new URL("../../deno.json", import.meta.url))] : [];
    const env = { ...process.env, MOBULA_ADDRESS: cluster.address, MOBULA_TOKEN: cluster.token };
    this.#child = spawn(toolPath(runtime), [...run, script], { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#said.push(text));
    this.ended = new Promise((resolve) => this.#child.on("close", () => resolve()));
  }

  get said(): string[] {
    return this.#said.join("").split("\n").filter(Boolean);
  }

  goOn(): void {
    this.#child.stdin?.end("go on\n");
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

describe("two drivers at once with two versions of one script", () => {
  const version = (name: string): Record<string, string> => ({
    "main.ts": `
import { once } from "node:events";
import process from "node:process";
import { get, init, remote } from ${MOBULA};
import { helped } from "./helper.ts";
const own = "${name}";
const word = remote((x: number) => own + " " + helped(x));
class Sayer { say(x: number): string { return own + " " + helped(x); } }
const Saying = remote(Sayer);
async function round(): Promise<string> {
  const tasks = Array.from({ length: 40 }, (_, i) => word.options({ resources: { [i % 2 ? "own" : "other"]: 0.01 } }).remote(i));
  const actors = ["own", "other"].map((at) => Saying.options({ numCpus: 0, resources: { [at]: 0.01 } }).remote());
  const said = await get<string>([...tasks, ...actors.map((actor) => actor.say.remote(0))]);
  return [...new Set(said.map((each) => each.replace(/ \\d+$/, "")))].join(", ");
}
await using _ray = await init();
console.log(await round());
await once(process.stdin, "data");
console.log(await round());
`,
    "helper.ts": `export const helped = (x: number): string => "${name} " + x;`,
  });

  for (const [first, second] of [
    [own, other],
    [other, own],
  ] as const) {
    test(`do not mix: ${first}, then ${second}`, async () => {
      using project = new Project(version("one"));
      const script = fileURLToPath(project.url("main.ts"));
      using one = new Driver(first, script);
      await waitForCondition(() => one.said.length === 1, { timeoutMs: 20_000 });
      for (const [name, text] of Object.entries(version("two"))) project.write(name, text);
      using two = new Driver(second, script);
      await waitForCondition(() => two.said.length === 1, { timeoutMs: 20_000 });
      one.goOn();
      two.goOn();
      await Promise.all([one.ended, two.ended]);
      expect([one.said, two.said]).toEqual([
        ["one one", "one one"],
        ["two two", "two two"],
      ]);
    }, 60_000);
  }
});
