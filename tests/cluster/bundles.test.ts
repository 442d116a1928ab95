import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { get, getActor, init, type ObjectRef, put, shutdown } from "../../mod.ts";
import { Cluster, type ClusterNode } from "../../testing/mod.ts";
import { MOBULA, other, Project } from "../fixtures/bundles/voyage.ts";
import { rejectionText } from "../rejection.ts";

let project: Project;
let restarts: Project;
let cluster: Cluster;
let first: ClusterNode;
let program: Record<string, any>;

beforeAll(async () => {
  project = new Project({
    "program.ts": `
import { get, registerSerializer, remote } from ${MOBULA};
import { helper, Point } from "./lib/helper.ts";
let calls = 0;
export const where = remote((x: number) => [helper(x), ++calls, import.meta.url]);
export const nested = remote(async (x: number) => (await get(leaf.remote(x))) + 1, { resources: { first: 1 } });
const leaf = remote((x: number) => helper(x) + 0.5, { resources: { second: 1 } });
export const deep = remote(async (x: number) => {
  const inner = remote((y: number) => y * 3, { resources: { second: 1 } });
  return get(inner.remote(helper(x)));
}, { resources: { first: 1 } });
export class Counter {
  #n = 0;
  incr(by: number): number { this.#n += helper(by); return this.#n; }
}
export const Counting = remote(Counter);
export const apply = remote((fn: (x: number) => number, x: number) => fn(x), { resources: { first: 1 } });
export const measured = remote((point: Point) => [point instanceof Point, point.length()], { resources: { second: 1 } });
export const point = (x: number, y: number): Point => new Point(x, y);
export { helper };
registerSerializer(Point, { serialize: ({ x, y }) => [x, y], deserialize: ([x, y]: number[]) => new Point(x!, y!) });
`,
    "needs.ts": `
import { remote } from ${MOBULA};
import { add } from "native-thing";
export const needs = remote((x: number) => add(x), { resources: { first: 1 } });
`,
    "lib/helper.ts": `
export function helper(x: number): number { return x * 10; }
export class Point {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) { this.x = x; this.y = y; }
  length(): number { return Math.hypot(this.x, this.y); }
}
`,
    "node_modules/native-thing/package.json": '{ "name": "native-thing", "main": "index.js", "gypfile": true }',
    "node_modules/native-thing/index.js": "exports.add = (x) => x;",
  });
  restarts = new Project({
    "restarts.ts": `
import { remote } from ${MOBULA};
import { twice } from "./twice.ts";
class Keeper { twice(x: number): number { return twice(x); } }
export const Keeping = remote(Keeper);
`,
    "twice.ts": "export const twice = (x: number): number => x * 2;",
  });
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  first = await cluster.addNode({ numCpus: 2, resources: { first: 2 } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
  program = await import(project.url("program.ts"));
});

afterAll(async () => {
  await shutdown();
  await cluster.shutdown();
  project[Symbol.dispose]();
  restarts[Symbol.dispose]();
});

const second = (): Promise<ClusterNode> => cluster.addNode({ numCpus: 2, resources: { second: 2 }, runtime: other });

describe("a program whose files are on the driver's machine alone", () => {
  test("runs on other nodes, where its modules are evaluated once a thread", async () => {
    const [value, calls, url] = (await get(program["where"].remote(2))) as [number, number, string];
    expect(value).toBe(20);
    expect(calls).toBe(1);
    expect(url).toMatch(/bundles\/[0-9a-f]{64}\/program\.mjs$/);
    expect(url).not.toContain(project.folder);
    const seen = (await get([1, 2, 3, 4].map((x) => program["where"].remote(x)))) as [number, number, string][];
    expect(new Set(seen.map(([, , at]) => at))).toEqual(new Set([url]));
    expect(Math.max(...seen.map(([, called]) => called))).toBeGreaterThan(1);
  });

  test("its actors live on other nodes, by class", async () => {
    const counter = program["Counting"].remote();
    expect(await get([counter.incr.remote(1), counter.incr.remote(2)])).toEqual([10, 30]);
  });

  test("a package with native code that a node lacks is named, with the node", async () => {
    const { needs } = await import(project.url("needs.ts"));
    expect(await rejectionText(get(needs.remote(1) as ObjectRef<number>))).toMatch(
      new RegExp(
        `function "needs" cannot run on node ${first.id}: it needs the package "native-thing", which has native code and is not found from /`,
      ),
    );
  });

  test("needs its files no more once they have travelled: also for a node in another runtime that joins later", async () => {
    const { helper, point } = program as { helper: (x: number) => number; point: (x: number, y: number) => object };
    // The first uses; the rest wait for a node that is not there yet.
    expect(await get<number>(program["apply"].remote(helper, 4))).toBe(40);
    const waiting = [program["nested"].remote(1), program["deep"].remote(1), program["measured"].remote(await put(point(3, 4)))];
    await get(program["where"].remote(1));
    rmSync(project.folder, { recursive: true });
    await second();
    expect(await get(waiting)).toEqual([11.5, 30, [true, 5]]);
  }, 30_000);

  test("a detached actor starts again elsewhere when its driver and its node are gone", async () => {
    const restarting = await import(restarts.url("restarts.ts"));
    const third = await cluster.addNode({ numCpus: 1, resources: { third: 1 } });
    const keeper = restarting.Keeping.options({
      name: "keeper",
      namespace: "kept",
      lifetime: "detached",
      maxRestarts: 2,
      resources: { third: 1 },
    }).remote();
    expect(await get<number>(keeper.twice.remote(4))).toBe(8);
    await shutdown();
    restarts[Symbol.dispose]();
    await cluster.removeNode(third, { allowGraceful: false });
    await cluster.addNode({ numCpus: 1, resources: { third: 1 } });
    await init({ address: cluster.address, token: cluster.token, namespace: "kept" });
    const found = await getActor<{ twice(x: number): number }>("keeper");
    expect(await get(found.twice.remote(5))).toBe(10);
  }, 60_000);
});
