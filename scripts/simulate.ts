/**
 * Runs a simulated cluster, of the real schedulers and the real control store, in virtual time:
 *
 *   bun run simulate [--nodes N] [--tasks N] [--seed SEED] [--cpus N] [--clusters N] [--json]
 *   bun run simulate --sweep [--nodes N] [--tasks N] [--plot FILE]
 *   bun run simulate --seeds N [--seed FIRST]
 *   bun run simulate --chaos --seed SEED
 *
 * Prints how long it took in virtual and in real time, what scheduling cost for each task, and how busy the CPUs were.
 *
 * A sweep compares clusters of different size and draws the figures. Each is measured in a process of its own, with as
 * many nodes and tasks in all, a hundred clusters of ten nodes or one of a thousand: so memory and caches cost all of them
 * the same, and what differs is due to a cluster's size. The sizes take turns, and what counts is what scheduling costs by
 * what owners and workers cost in the same run, the median of several: others share the machine.
 *
 * With `--seeds`, so many clusters fail in the ways that their seeds say while drivers work with them; what must never
 * be ends it, with the seed that shows it. `--chaos` runs one such seed, and says what happened in it.
 *
 * Costs are real CPU time: this process's, by the share of time that the events of each kind of thread took, without
 * what an event itself costs.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type ThroughputFigures, throughput, VirtualTime } from "../simulation/mod.ts";
import { linePlot } from "./lib/line_plot.ts";
import { replay, replayMany } from "./lib/replay.ts";
import { root } from "./lib/report.ts";
import { run } from "./lib/run.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "100" },
    tasks: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    cpus: { type: "string", default: "4" },
    clusters: { type: "string", default: "1" },
    sweep: { type: "boolean", default: false },
    seeds: { type: "string" },
    chaos: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    plot: { type: "string" },
  },
});

interface Measured extends ThroughputFigures {
  /** Microseconds of CPU time a task: schedulers and control store together. */
  readonly schedulingUs: number;
  readonly peakMib: number;
}

const EMPTY_EVENTS = 200_000;
/** For each point of a sweep. */
const RUNS = 3;

/** What an event costs in which nothing happens: milliseconds. */
async function emptyEventMs(): Promise<number> {
  const time = new VirtualTime({ stopwatch: () => performance.now() });
  const realm = time.realm("scenario");
  let left = EMPTY_EVENTS;
  const next = (): void => {
    if (--left > 0) realm.after(0.1, next);
  };
  realm.after(0, next);
  const began = performance.now();
  await time.run(() => left === 0);
  return (performance.now() - began) / EMPTY_EVENTS;
}

/** In CPU time, whatever else the machine does. */
async function measure(nodes: number, tasks: number, clusters = 1): Promise<Measured> {
  const perEvent = await emptyEventMs();
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const figures = await throughput({
    nodes,
    tasks,
    clusters,
    seed: values.seed,
    cpusPerNode: Number(values.cpus),
    stopwatch: () => performance.now(),
    eventMs: perEvent,
    warm: nodes * Number(values.cpus) * 4,
  });
  const { user, system } = process.cpuUsage(cpu);
  const share = (user + system) / 1_000 / (performance.now() - wall);
  const [headUs, systemUs, placesUs] = [figures.headUs * share, figures.systemUs * share, figures.placesUs * share];
  return { ...figures, headUs, systemUs, placesUs, schedulingUs: headUs + systemUs, peakMib: Math.round(process.memoryUsage().rss / 2 ** 20) };
}

function show(figures: Measured): void {
  const { nodes, slots, tasks, virtualMs, realMs, utilisation, schedulingUs, headUs, systemUs, placesUs, unrest, trace, events, runs, peakMib } =
    figures;
  console.log(
    [
      `${nodes} nodes with ${slots} CPUs, ${tasks} tasks, seed ${values.seed}: trace ${trace} of ${events} events`,
      `  virtual time    ${(virtualMs / 1_000).toFixed(3)} s, CPUs busy ${(utilisation * 100).toFixed(1)} %`,
      `  real time       ${(realMs / 1_000).toFixed(1)} s, ${peakMib} MiB`,
      `  scheduling      ${schedulingUs.toFixed(1)} µs a task: ${headUs.toFixed(1)} on the head, ${systemUs.toFixed(1)} on the other nodes`,
      `  owner, workers  ${placesUs.toFixed(1)} µs a task`,
      `  every task has its result exactly once; ${runs} runs${unrest.length === 0 ? "; all is at rest at the end" : ""}`,
      ...unrest.slice(0, 10).map((line) => `  NOT AT REST: ${line}`),
    ].join("\n"),
  );
  if (unrest.length > 0) process.exitCode = 1;
}

/** One cluster size of a sweep, in a process of its own. */
async function measureApart(size: number): Promise<Measured> {
  const [nodes, tasks] = [Number(values.nodes), Number(values.tasks)];
  const options = { nodes: size, tasks: Math.round((tasks * size) / nodes), clusters: nodes / size, seed: values.seed, cpus: values.cpus };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const before = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const { output, code } = await run(process.execPath, [...before, "scripts/simulate.ts", "--json", ...args], { cwd: root, deadlineMs: 600_000 });
  if (code !== 0) throw new Error(output);
  return JSON.parse(output.trim().split("\n").at(-1) as string) as Measured;
}

async function sweep(): Promise<void> {
  const most = Number(values.nodes);
  const sizes = [10, 50, 100, 500, 1_000].filter((each) => each <= most && most % each === 0);
  const measured = new Map(sizes.map((size): [number, Measured[]] => [size, []]));
  // In turns: what else the machine does comes and goes, and is not to fall on one size alone.
  for (let round = 0; round < RUNS; round++) for (const size of sizes) measured.get(size)?.push(await measureApart(size));
  const medians = [...measured].map(([size, runs]) => [size, median(runs, relative)] as const);
  for (const [size, figures] of medians) {
    console.log(`clusters of ${size}: scheduling takes ${relative(figures).toFixed(2)} times what owners and workers take`);
    show(figures);
  }
  const [first, last] = [medians[0], medians.at(-1)] as [(typeof medians)[number], (typeof medians)[number]];
  const ratio = relative(last[1]) / relative(first[1]);
  console.log(`from ${first[0]} to ${last[0]} nodes a task's scheduling costs ${ratio.toFixed(2)} times as much`);
  if (values.plot !== undefined) await writeFile(values.plot, plotOf(medians));
}

/** What scheduling costs by what the same run's owners and workers cost, who do the same in a cluster of any size: a slow minute of the machine slows both. */
function relative({ schedulingUs, placesUs }: Measured): number {
  return schedulingUs / placesUs;
}

function median(runs: readonly Measured[], by: (figures: Measured) => number): Measured {
  return [...runs].sort((a, b) => by(a) - by(b))[runs.length >> 1] as Measured;
}

if (values.chaos) await replay(values.seed);
else if (values.seeds !== undefined) await replayMany({ first: Number(values.seed), count: Number(values.seeds) });
else if (values.sweep) await sweep();
else {
  // The runtime compiles what is hot first; that is no cost of any cluster.
  if (values.json) await measure(20, 20_000);
  const figures = await measure(Number(values.nodes), Number(values.tasks), Number(values.clusters));
  if (values.json) console.log(JSON.stringify(figures));
  else show(figures);
}

function plotOf(medians: readonly (readonly [size: number, figures: Measured])[]): string {
  const points = (pick: (figures: Measured) => number): [number, number][] => medians.map(([size, figures]) => [size, pick(figures)]);
  return linePlot({
    title: "CPU time of scheduling a task, by that of its owner and its worker",
    x: "nodes",
    y: "×",
    lines: [
      { name: "schedulers and control store", points: points(relative) },
      { name: "of that, on the head", points: points(({ headUs, placesUs }) => headUs / placesUs) },
    ],
  });
}
