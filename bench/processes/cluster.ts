/** Prints what work on another node costs: a head without CPUs, a node with two, and this driver. `cluster.ts SECONDS` */
import { parseArgs } from "node:util";
import { get, getRuntimeContext, init, placementGroup, put, remote, removePlacementGroup, shutdown } from "mobula";
import { Cluster } from "mobula/testing";

const [argument = "2"] = parseArgs({ allowPositionals: true }).positionals;
const budgetMs = Number(argument) * 1_000;
const OBJECT_BYTES = 1024 ** 3;
const BROADCAST_BYTES = 100 * 1024 ** 2;

/** Calls a second, by as many rounds as the time allows. */
async function rate(calls: number, round: () => Promise<unknown>): Promise<number> {
  await round();
  let rounds = 0;
  const start = performance.now();
  while (performance.now() - start < budgetMs) {
    await round();
    rounds++;
  }
  return (calls * rounds * 1_000) / (performance.now() - start);
}

const since = (start: number): number => performance.now() - start;

const starting = performance.now();
const storage = { objectStoreMemory: 3 * OBJECT_BYTES };
await using cluster = await Cluster.start({ head: { numCpus: 0, ...storage } });
const headMs = since(starting);
const joining = performance.now();
await cluster.addNode({ numCpus: 2, ...storage });
const joinMs = since(joining);
await init({ address: cluster.address, token: cluster.token });

class Echo {
  say(x: number): number {
    return x;
  }
}

const echo = remote((x: number) => x);
const EchoActor = remote(Echo);
const actor = EchoActor.remote();
const range = Array.from({ length: 1_000 }, (_, i) => i);
if ((await get(echo.remote(7))) !== 7 || (await get(actor.say.remote(8))) !== 8) throw new Error("a wrong result");

const tasksSync = await rate(1, () => get(echo.remote(1)));
const tasksAsync = await rate(1_000, () => get(range.map((i) => echo.remote(i))));
const callsSync = await rate(1, () => get(actor.say.remote(1)));
const callsAsync = await rate(1_000, () => get(range.map((i) => actor.say.remote(i))));
const groups = await rate(100, async () => {
  const made = range.slice(0, 100).map(() => placementGroup([{ CPU: 0.001 }]));
  await get(made.map((group) => group.ready()));
  await Promise.all(made.map((group) => removePlacementGroup(group)));
});

const length = remote((bytes: Uint8Array) => bytes.length);
const objects: number[] = [];
for (let i = 0; i < 3; i++) {
  const ref = put(new Uint8Array(OBJECT_BYTES));
  const start = performance.now();
  if ((await get(length.remote(ref))) !== OBJECT_BYTES) throw new Error("a wrong length");
  objects.push(OBJECT_BYTES / 1e6 / since(start));
}

// A broadcast: eight more nodes take the same value at once.
const nodes = await Promise.all(Array.from({ length: 8 }, () => cluster.addNode({ numCpus: 1, objectStoreMemory: 3 * BROADCAST_BYTES })));
const value = put(new Uint8Array(BROADCAST_BYTES));
const take = remote((bytes: Uint8Array) => [bytes.length, getRuntimeContext().nodeId] as const);
const start = performance.now();
const taken = await get(nodes.map(({ id }) => take.options({ schedulingStrategy: { nodeId: id, soft: false } }).remote(value)));
const broadcastMs = since(start);
if (new Set(taken.map(([, nodeId]) => nodeId)).size !== 8) throw new Error("a node was left out");

await shutdown();
const objectGBs = objects.sort((a, b) => a - b)[1];
console.log(JSON.stringify({ headMs, joinMs, tasksSync, tasksAsync, callsSync, callsAsync, groups, objectGBs, broadcastMs, completed: 1 }));
