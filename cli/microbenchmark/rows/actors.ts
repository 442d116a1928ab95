/** Ray's rows about calls of actors, and the same about actors with async methods. */
import { get, type ObjectRef } from "../../../mod.ts";
import type { Loop } from "../measure.ts";
import { type Family, rateRow } from "../row.ts";
import type { Target } from "../target.ts";
import { AsyncServer, Client, callInTurn, countOk, endAll, SERVERS, Server, type ServerHandle, started } from "./programs.ts";

const BATCH = 1000;
const N_TO_N = 5000;

type Call = (server: ServerHandle, index: number) => ObjectRef<string>;

/** One server; `count` calls, then one `get` of all. */
async function oneToOne(create: () => ServerHandle, count: number, call: Call): Promise<Loop> {
  const [server] = await started([create()]);
  if (server === undefined) throw new Error("no server was started");
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) {
        if (count === 1) {
          if ((await get(call(server, i))) === "ok") completed++;
          continue;
        }
        const refs = Array.from({ length: count }, (_, index) => call(server, index));
        completed += countOk(await get(refs));
      }
      return completed;
    },
    close: () => endAll([server]),
  };
}

/** One client calls each of n servers 5,000 times. */
async function oneToN(create: () => ServerHandle): Promise<Loop> {
  const servers = await started(Array.from({ length: SERVERS }, create));
  const [client] = await started([Client.remote(servers)]);
  if (client === undefined) throw new Error("no client was started");
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) completed += await get(client.callEach.remote(N_TO_N));
      return completed;
    },
    close: () => endAll([client, ...servers]),
  };
}

/** Four tasks call n servers in turn, 5,000 calls each. */
async function nToN(create: () => ServerHandle): Promise<Loop> {
  const servers = await started(Array.from({ length: SERVERS }, create));
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) {
        const counts = await get(Array.from({ length: 4 }, () => callInTurn.remote(servers, N_TO_N)));
        for (const count of counts) completed += count;
      }
      return completed;
    },
    close: () => endAll(servers),
  };
}

/** n clients, each with a server of its own, which it calls a thousand times with a stored value. */
async function nToNWithArgument(): Promise<Loop> {
  const servers = await started(Array.from({ length: SERVERS }, () => Server.remote()));
  const clients = await started(servers.map((server) => Client.remote([server])));
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) {
        const counts = await get(clients.map((client) => client.callEachWithArgument.remote(BATCH)));
        for (const count of counts) completed += count;
      }
      return completed;
    },
    close: () => endAll([...clients, ...servers]),
  };
}

const plain: Call = (server) => server.smallValue.remote();
const withArgument: Call = (server, index) => server.smallValueWithArgument.remote(index);

const newServer = (): ServerHandle => Server.remote();
const newAsyncServer = (): ServerHandle => AsyncServer.remote() as unknown as ServerHandle;
const newThreadedServer = (): ServerHandle => Server.options({ maxConcurrency: 16 }).remote();

/** Calls of one actor one by one. */
export const actorCallsSync = (): Promise<Loop> => oneToOne(newServer, 1, plain);

const asyncTargets = (row: string): Target[] => [
  { atLeast: 10, of: "piscina bulk" },
  { atLeast: 20, of: `Ray: ${row}` },
];

export const actors: readonly Family[] = [
  {
    name: "actor calls",
    node: {},
    rows: [
      rateRow("1:1 actor calls sync", { calls: 1 }, actorCallsSync),
      rateRow("1:1 actor calls async", { calls: BATCH, targets: asyncTargets("1:1 actor calls async") }, () => oneToOne(newServer, BATCH, plain)),
      rateRow("1:1 actor calls concurrent", { calls: BATCH }, () => oneToOne(newThreadedServer, BATCH, plain)),
      rateRow("1:n actor calls async", { calls: N_TO_N * SERVERS }, () => oneToN(newServer)),
      rateRow("n:n actor calls async", { calls: 4 * N_TO_N }, () => nToN(newServer)),
      rateRow("n:n actor calls with arg async", { calls: BATCH * SERVERS }, () => nToNWithArgument()),
    ],
  },
  {
    name: "async actor calls",
    node: {},
    rows: [
      rateRow("1:1 async-actor calls sync", { calls: 1 }, () => oneToOne(newAsyncServer, 1, plain)),
      rateRow("1:1 async-actor calls async", { calls: BATCH }, () => oneToOne(newAsyncServer, BATCH, plain)),
      rateRow("1:1 async-actor calls with args async", { calls: BATCH }, () => oneToOne(newAsyncServer, BATCH, withArgument)),
      rateRow("1:n async-actor calls async", { calls: N_TO_N * SERVERS }, () => oneToN(newAsyncServer)),
      rateRow("n:n async-actor calls async", { calls: 4 * N_TO_N }, () => nToN(newAsyncServer)),
    ],
  },
];
