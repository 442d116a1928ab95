/**
 * Prints how fast large values reach another node, and how fast the runtime alone moves as many bytes between two
 * processes, in turns. `transfer.ts MIB`
 */
import process from "node:process";
import { free, get, init, put, remote, shutdown } from "mobula";
import { Cluster } from "mobula/testing";
import { median } from "../../cli/microbenchmark/mod.ts";
import { type Order, RawStreams } from "../streams/mod.ts";
import { pause } from "./resources.ts";

const bytes = Number(process.argv[2]) * 2 ** 20;
const ROUNDS = bytes < 2 ** 30 ? 2 : 7;
/** For what the round before has left to be collected, here and there: its memory is used again. */
const COLLECTED_MS = 400;
const FILL = 7;

const storage = { objectStoreMemory: 3 * bytes };
await using cluster = await Cluster.start({ head: { numCpus: 0 } });
await cluster.addNode({ numCpus: 1, ...storage });
await init({ address: cluster.address, token: cluster.token });
const last = remote((value: Uint8Array) => value.at(-1));
if ((await get(last.remote(new Uint8Array([FILL])))) !== FILL) throw new Error("a wrong result");

const value = new Uint8Array(bytes).fill(FILL);

/** GB/s from this node's store to the view that a task on another has of it. */
async function transfer(): Promise<number> {
  const ref = put(value);
  await pause(COLLECTED_MS);
  const start = performance.now();
  if ((await get(last.remote(ref))) !== FILL) throw new Error("a wrong value");
  const ms = performance.now() - start;
  free(ref);
  return bytes / 1e6 / ms;
}

await using raw = await RawStreams.open(bytes);
const orders = {
  webSocket: { over: "webSocket", to: "client", keeps: true },
  webSocketMasked: { over: "webSocket", to: "server", keeps: true },
  webSocketDropped: { over: "webSocket", to: "client", keeps: false },
  tcp: { over: "tcp", to: "client", keeps: true },
  tcpToServer: { over: "tcp", to: "server", keeps: true },
} as const satisfies Record<string, Order>;

const first = await transfer();
for (const order of Object.values(orders)) await raw.run(order);
const rates: Record<string, number[]> = { transfer: [], ratio: [] };
const note = (name: string, rate: number): void => void (rates[name] ??= []).push(rate);
for (let round = 0; round < ROUNDS; round++) {
  // Next to each other, and in either order.
  const before = round % 2 === 0 ? await raw.run(orders.webSocket) : undefined;
  const own = await transfer();
  const control = before ?? (await raw.run(orders.webSocket));
  note("transfer", own);
  note("webSocket", control);
  note("ratio", own / control);
  for (const [name, order] of Object.entries(orders)) if (name !== "webSocket") note(name, await raw.run(order));
}
await shutdown();
const medians = Object.fromEntries(Object.entries(rates).map(([name, each]) => [name, median(each)]));
console.log(JSON.stringify({ first, ...medians, completed: 1 }));
