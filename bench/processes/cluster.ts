/** Prints what work on another node costs: a head without CPUs, a node with two, and this driver. `cluster.ts SECONDS` */
import { parseArgs } from "node:util";
import { get, getRuntimeContext, init, type ObjectRef, placementGroup, put, remote, removePlacementGroup, shutdown } from "mobula";
import { Cluster } from "mobula/testing";
import { sentBytes } from "../../cli/microbenchmark/mod.ts";

const [argument = "2"] = parseArgs({ allowPositionals: true }).positionals;
const budgetMs = Number(argument) * 1_000;
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
await using cluster = await Cluster.start({ head: { numCpus: 0 } });
const headMs = since(starting);
const joining = performance.now();
await cluster.addNode({ numCpus: 2 });
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

// A broadcast: eight more nodes take the same value at once.
const nodes = await Promise.all(Array.from({ length: 8 }, () => cluster.addNode({ numCpus: 1, objectStoreMemory: 3 * BROADCAST_BYTES })));
const take = remote((bytes: Uint8Array) => [bytes.length, getRuntimeContext().nodeId] as const);
const takeAll = (value: ObjectRef<Uint8Array>): Promise<(readonly [number, string])[]> =>
  get(nodes.map(({ id }) => take.options({ schedulingStrategy: { nodeId: id, soft: false } }).remote(value)));
// They have been up for a moment only, and have yet to get the function.
await takeAll(put(new Uint8Array(1)));
const array = new Uint8Array(BROADCAST_BYTES).fill(7);
const sentAtFirst = await sentBytes();
await get(take.remote(put(array)));
const sentBefore = await sentBytes();
const copyBytes = sentBefore - sentAtFirst;
const value = put(array);
const start = performance.now();
const taken = await takeAll(value);
const broadcastMs = since(start);
const broadcastCopies = ((await sentBytes()) - sentBefore) / copyBytes;
if (new Set(taken.map(([, nodeId]) => nodeId)).size !== 8) throw new Error("a node was left out");

await shutdown();
const broadcast = { broadcastMs, broadcastCopies };
console.log(JSON.stringify({ headMs, joinMs, tasksSync, tasksAsync, callsSync, callsAsync, groups, ...broadcast, completed: 1 }));
