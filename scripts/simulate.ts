/**
 * Runs a simulated cluster, of the real schedulers and the real control store, in virtual time:
 *
 *   bun run simulate [--nodes N] [--tasks N] [--seed SEED] [--cpus N]
 *   bun run simulate --sweep [--tasks-per-node N] [--plot FILE]
 *
 * Prints how long it took in virtual and in real time, what scheduling cost for each task, and how busy the CPUs were.
 * A sweep runs clusters from 10 to 1,000 nodes, all with as many tasks a node, and draws the figures. Costs are real CPU time:
 * this process's, by the share of time that the events of each kind of thread took, without what an event itself costs.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type ThroughputFigures, throughput, VirtualTime } from "../simulation/mod.ts";
import { linePlot } from "./lib/line_plot.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "100" },
    tasks: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    cpus: { type: "string", default: "4" },
    sweep: { type: "boolean", default: false },
    "tasks-per-node": { type: "string", default: "400" },
    plot: { type: "string" },
  },
});

interface Measured extends ThroughputFigures {
  /** Microseconds of CPU time a task: schedulers and control store together. */
  readonly schedulingUs: number;
  readonly peakMib: number;
}

const EMPTY_EVENTS = 200_000;

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
async function measure(nodes: number, tasks: number): Promise<Measured> {
  const perEvent = await emptyEventMs();
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const figures = await throughput({
    nodes,
    tasks,
    seed: values.seed,
    cpusPerNode: Number(values.cpus),
    stopwatch: () => performance.now(),
    eventMs: perEvent,
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

if (values.sweep) {
  const perNode = Number(values["tasks-per-node"]);
  // The runtime compiles what is hot first; that is no cost of any cluster.
  await measure(30, 20_000);
  const sweep: Measured[] = [];
  for (const nodes of [10, 30, 100, 300, 1_000]) {
    const figures = await measure(nodes, Math.max(20_000, nodes * perNode));
    show(figures);
    sweep.push(figures);
  }
  const costs = sweep.map(({ schedulingUs }) => schedulingUs);
  console.log(`from 10 to 1,000 nodes a task's scheduling costs ${((costs.at(-1) as number) / (costs[0] as number)).toFixed(2)} times as much`);
  if (values.plot !== undefined) await writeFile(values.plot, plotOf(sweep));
} else show(await measure(Number(values.nodes), Number(values.tasks)));

function plotOf(sweep: readonly Measured[]): string {
  const points = (pick: (figures: Measured) => number): [number, number][] => sweep.map((figures) => [figures.nodes, pick(figures)]);
  return linePlot({
    title: "CPU time that scheduling costs for each task, by the size of the cluster",
    x: "nodes",
    y: "µs",
    lines: [
      { name: "schedulers and control store", points: points(({ schedulingUs }) => schedulingUs) },
      { name: "of that, on the head", points: points(({ headUs }) => headUs) },
      { name: "owner and workers, for comparison", points: points(({ placesUs }) => placesUs) },
    ],
  });
}
