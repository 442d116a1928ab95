/** Rows that want a process of their own, for a fresh start or for its memory. */
import { type Family, type Plan, type Row, type Sample, type SampleOptions, sampleRow } from "../../cli/microbenchmark/mod.ts";
import { runChild } from "../child.ts";
import { packed } from "./packed.ts";

type Figures = Readonly<Record<string, number>>;

/** Runs a program; throws what it complained of. */
async function run(program: string, ...args: string[]): Promise<Figures> {
  return await runAt(`processes/${program}.ts`, args);
}

async function runAt(program: string, args: readonly string[] = []): Promise<Figures> {
  const { value, failure } = await runChild(program, { args, deadlineMs: 300_000 });
  if (failure !== undefined) throw new Error(`${program}: ${failure}`);
  return value as Figures;
}

/** A row of starts, each in a process of its own. */
function startRow(name: string, start: () => Promise<Figures>): Row {
  const samples = ({ quick }: Plan): number => (quick ? 2 : 10);
  return sampleRow(name, { unit: "ms", targets: [{ atMost: 100, deno: 300 }], samples }, async () => {
    const { ms = Number.NaN, completed = 0 } = await start();
    return { value: ms, completed };
  });
}

/** Rows that one run of a program answers together, whichever of them are asked for. */
function program(name: string, counts: { quick: number; full: number; calls: boolean }) {
  let result: Promise<Figures> | undefined;
  return (title: string, field: string, options: SampleOptions): Row =>
    sampleRow(title, options, async ({ quick }): Promise<Sample> => {
      const count = quick ? counts.quick : counts.full;
      result ??= run(name, String(count));
      const { [field]: value, completed = 0 } = await result;
      if (value === undefined) throw new Error(`${name}: printed no "${field}"`);
      return { value, calls: counts.calls ? count : 1, completed };
    });
}

const idle = program("idle_node", { quick: 1, full: 5, calls: false });
const million = program("million_tasks", { quick: 20_000, full: 1_000_000, calls: true });
const plain = program("plain_objects", { quick: 20_000, full: 1_000_000, calls: true });
const pending = program("pending_refs", { quick: 5_000, full: 200_000, calls: true });
const light = program("light_actors", { quick: 1_000, full: 100_000, calls: true });

const cluster = program("cluster", { quick: 0.3, full: 2, calls: false });

/** Work on another node of this machine: a driver without CPUs, a head without CPUs, and a node with two. */
export const clusters: Family = {
  name: "another node",
  rows: [
    cluster("head ready", "headMs", { unit: "ms", targets: [{ atMost: 500 }] }),
    cluster("node joined", "joinMs", { unit: "ms", targets: [{ atMost: 300 }] }),
    cluster("tasks on another node sync", "tasksSync", { unit: "/s", targets: [{ atLeast: 4_000, deno: 2_667 }] }),
    cluster("tasks on another node async", "tasksAsync", { unit: "/s", targets: [{ atLeast: 50_000 }] }),
    cluster("actor calls to another node sync", "callsSync", { unit: "/s", targets: [{ atLeast: 4_000, deno: 2_667 }] }),
    cluster("actor calls to another node async", "callsAsync", { unit: "/s", targets: [{ atLeast: 50_000 }] }),
    cluster("placement groups on another node", "groups", { unit: "/s", targets: [{ atLeast: 1_000 }] }),
    cluster("100 MiB to 8 nodes", "broadcastMs", { unit: "ms" }),
    cluster("100 MiB to 8 nodes: copies its owner sends", "broadcastCopies", { unit: "×", targets: [{ atMost: 2 }] }),
  ],
};

const transfer = program("transfer", { quick: 32, full: 1024, calls: false });
const gigabytes = { unit: "GB/s" } as const;

/** A gigabyte from one process to another, and into memory of its own; all of it in turns. */
export const transfers: Family = {
  name: "from process to process",
  rows: [
    transfer("1 GiB over a raw WebSocket", "webSocket", gigabytes),
    transfer("1 GiB over a raw WebSocket from who dialled", "webSocketMasked", gigabytes),
    transfer("1 GiB over a raw WebSocket and thrown away", "webSocketDropped", gigabytes),
    transfer("1 GiB over raw TCP", "tcp", gigabytes),
    transfer("1 GiB over raw TCP from who dialled", "tcpToServer", gigabytes),
    transfer("1 GiB to another node", "transfer", gigabytes),
    transfer("the first 1 GiB to another node", "first", gigabytes),
    transfer("1 GiB to another node : raw WebSocket", "ratio", { unit: "×", targets: [{ atLeast: 0.8, deno: 0.53 }] }),
  ],
};

const recovered = program("recovery", { quick: 0, full: 0, calls: false });

/** After a kill -9. The last needs redis-server. */
export const recovery: Family = {
  name: "after a death",
  rows: [
    recovered("node killed: first of its tasks begun elsewhere", "nodeMs", { unit: "ms", targets: [{ atMost: 2_000 }] }),
    recovered("head killed: start to first answer", "headMs", { unit: "ms", targets: [{ atMost: 1_000 }] }),
    recovered("head killed: first answer of the one that stood by", "standbyMs", { unit: "ms", targets: [{ atMost: 5_000 }] }),
  ],
};

export const processes: Family = {
  name: "processes of their own",
  rows: [
    startRow("init to first result", async () => runAt(await packed("first_result.ts"))),
    startRow("init to first result, from sources", () => run("first_result")),
    idle("idle node: CPU", "percent", { unit: "%", targets: [{ atMost: 1 }] }),
    idle("idle node: memory", "mib", { unit: "MiB", targets: [{ atMost: 150 }] }),
    million("a million queued tasks", "rate", { unit: "/s", targets: [{ atLeast: 100_000 }] }),
    million("a million queued tasks: peak memory", "peak", { unit: "MiB", targets: [{ atMost: 1536 }] }),
    million("a million queued tasks: memory kept", "left", { unit: "MiB", targets: [{ atMost: 100 }] }),
    million("a million queued tasks: memory back after", "backMs", { unit: "ms" }),
    plain("as many plain objects: memory kept", "left", { unit: "MiB" }),
    plain("as many plain objects: memory back after", "backMs", { unit: "ms" }),
    pending("memory of a pending ref", "bytes", { unit: "bytes" }),
    light("100k light actors created", "rate", { unit: "/s", targets: [{ atLeast: 20_000 }] }),
    light("100k light actors: memory", "mib", { unit: "MiB", targets: [{ atMost: 1024 }] }),
    light("100k light actors: memory once each was called", "calledMib", { unit: "MiB" }),
  ],
};
