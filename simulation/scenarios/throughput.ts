import type { RealmKind } from "../realm.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import { Simulation, type SimulationOptions } from "../simulation.ts";
import { VirtualTime } from "../virtual_time.ts";
import { BatchJob, type BatchJobOptions } from "./batch_job.ts";

export interface ThroughputOptions extends Omit<SimulationOptions, "functions" | "time">, Partial<BatchJobOptions> {
  /** Of one cluster. */
  nodes: number;
  tasks: number;
  /** Clusters that know nothing of each other, side by side in the same time: to compare with one that is as large. Default: 1. */
  clusters?: number;
  /** What an event itself costs, in milliseconds of the stopwatch: not counted. */
  eventMs?: number;
  /** What happens while tasks run, in each cluster: nodes that come and go. */
  meanwhile?(simulation: Simulation, workers: readonly SimulatedNode[]): Promise<void>;
}

export interface ThroughputFigures {
  /** Of all clusters together, as all that follows. */
  readonly nodes: number;
  readonly slots: number;
  readonly tasks: number;
  /** From the first submission to the last result. */
  readonly virtualMs: number;
  readonly realMs: number;
  /** The tasks' own time by what the CPUs could have given in that time. */
  readonly utilisation: number;
  /** What schedulers and the control store cost for each task, in microseconds of the stopwatch: on the head, and on all other nodes. */
  readonly headUs: number;
  readonly systemUs: number;
  /** The same for drivers and workers. */
  readonly placesUs: number;
  /** Tasks that ran on each node of the first cluster. */
  readonly ran: ReadonlyMap<string, number>;
  readonly runs: number;
  readonly trace: string;
  readonly events: number;
  /** See `Simulation.unrest`. */
  readonly unrest: readonly string[];
}

/** Idle leases, promises and pins have been let go of by then. */
const REST_MS = 3_000;
/** A run that takes so much longer than its tasks will never end. */
const PATIENCE_MS = 120_000;
const DEFAULTS = { cpusPerNode: 4, taskMs: [50, 150], taskOptions: {}, warm: 0 } as const;

/** Runs a `BatchJob`, and says what that took. Rejects if a task has not its own result, or has it twice. */
export async function throughput(options: ThroughputOptions): Promise<ThroughputFigures> {
  const { clusters = 1, eventMs = 0, meanwhile, stopwatch = () => 0, seed } = options;
  const job = { ...DEFAULTS, ...options };
  const time = new VirtualTime(options);
  const jobs = Array.from({ length: clusters }, () => new BatchJob(job));
  const simulations = jobs.map(({ functions }, index) => {
    return new Simulation({ ...options, time, functions, seed: clusters === 1 ? seed : `${seed}.${index}` });
  });
  const each = <T>(action: (job: BatchJob, simulation: Simulation) => Promise<T>): Promise<T[]> =>
    Promise.all(jobs.map((one, index) => action(one, simulations[index] as Simulation)));
  const slots = clusters * options.nodes * job.cpusPerNode;
  const tasks = clusters * options.tasks;

  async function measure(): Promise<ThroughputFigures> {
    await each((one, simulation) => one.prepare(simulation));
    const before = costs(time.spent, eventMs);
    const [began, beganReal] = [time.elapsed, stopwatch()];
    const others = each(async ({ workers }, simulation) => await meanwhile?.(simulation, workers));
    await Promise.race([each((one) => one.run()), others.then(() => new Promise(() => {}))]);
    const [virtualMs, realMs] = [time.elapsed - began, stopwatch() - beganReal];
    const after = costs(time.spent, eventMs);
    const { hash: trace, events } = time.trace;
    const perTask = (...kinds: RealmKind[]): number =>
      (kinds.reduce((sum, kind) => sum + (after.get(kind) ?? 0) - (before.get(kind) ?? 0), 0) * 1_000) / tasks;
    await (simulations[0] as Simulation).sleep(REST_MS);
    return {
      nodes: clusters * options.nodes,
      slots,
      tasks,
      virtualMs,
      realMs,
      utilisation: sum(jobs.map(({ workMs }) => workMs)) / (virtualMs * slots),
      headUs: perTask("head"),
      systemUs: perTask("system"),
      placesUs: perTask("main", "worker"),
      ran: (jobs[0] as BatchJob).ran,
      runs: sum(jobs.map(({ runs }) => runs)),
      trace,
      events,
      unrest: (await each((_one, simulation) => simulation.unrest())).flat(),
    };
  }
  const untilMs = PATIENCE_MS + (4 * tasks * job.taskMs[1]) / slots;
  return await (simulations[0] as Simulation).run(measure, { untilMs });
}

/** Milliseconds by kind of thread. */
function costs(spent: VirtualTime["spent"], eventMs: number): Map<RealmKind, number> {
  return new Map([...spent].map(([kind, { ms, events }]) => [kind, ms - events * eventMs]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
