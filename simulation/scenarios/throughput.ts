import type { Entry } from "../../runtime/caller/mod.ts";
import { outcomeNow } from "../../runtime/caller/mod.ts";
import { type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { TaskOptions } from "../../runtime/options/mod.ts";
import type { RealmKind } from "../realm.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import type { Functions, SimulatedFunction } from "../simulated_place.ts";
import { Simulation, type SimulationOptions } from "../simulation.ts";
import type { Span } from "../virtual_port.ts";
import type { VirtualTime } from "../virtual_time.ts";

export interface ThroughputOptions extends Omit<SimulationOptions, "functions"> {
  nodes: number;
  tasks: number;
  cpusPerNode?: number;
  /** How long tasks run, in virtual milliseconds. Default: 50 to 150. */
  taskMs?: Span;
  taskOptions?: TaskOptions;
  /** What an event itself costs, in milliseconds of the stopwatch: not counted. */
  eventMs?: number;
  /** What happens while tasks run: nodes that come and go. */
  meanwhile?(simulation: Simulation, workers: readonly SimulatedNode[]): Promise<void>;
}

export interface ThroughputFigures {
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
  /** Tasks that ran on each node. */
  readonly ran: ReadonlyMap<string, number>;
  readonly runs: number;
  readonly trace: string;
  readonly events: number;
  /** See `Simulation.unrest`. */
  readonly unrest: readonly string[];
}

/** Idle leases, promises and pins have been let go of by then. */
const REST_MS = 3_000;
const SUBMITTED_AT_ONCE = 10_000;
/** A run that takes so much longer than its tasks will never end. */
const PATIENCE_MS = 120_000;

/** Nodes that are alike, and a driver that submits many tasks at once. Rejects if a task has not its own result, or has it twice. */
export async function throughput(options: ThroughputOptions): Promise<ThroughputFigures> {
  const { nodes, tasks, cpusPerNode = 4, taskMs = [50, 150], taskOptions = {}, eventMs = 0, meanwhile, stopwatch = () => 0 } = options;
  const ran = new Map<string, number>();
  const busy = new Busy(cpusPerNode);
  let [runs, workMs] = [0, 0];
  const work: SimulatedFunction =
    ({ sleep, nodeId, place }) =>
    async (ms: unknown, value: unknown) => {
      runs++;
      ran.set(nodeId, (ran.get(nodeId) ?? 0) + 1);
      busy.begin(place, simulation);
      await sleep(ms as number);
      busy.end(place);
      return value;
    };
  const functions: Functions = new Map([["work", work]]);
  const simulation: Simulation = new Simulation({ ...options, functions });
  const { time, random } = simulation;
  const patience = { untilMs: PATIENCE_MS + (4 * tasks * taskMs[1]) / (nodes * cpusPerNode) };
  return await simulation.run(async () => {
    const workers = await simulation.joinAll(nodes, { resources: { CPU: cpusPerNode } });
    const driver = await simulation.drive();
    const results = new Uint8Array(tasks);
    const before = snapshot(time.spent, eventMs);
    const [began, beganReal] = [time.elapsed, stopwatch()];
    let left = tasks;
    const done = Promise.withResolvers<void>();
    const settle = (index: number, entry: Entry): void => {
      const outcome = outcomeNow(entry, driver.caller.objects);
      if (outcome === undefined) return;
      if ("error" in outcome) done.reject(outcome.error);
      else if (outcome.value !== index) done.reject(new Error(`task ${index} has the result ${outcome.value}`));
      else if (results[index] !== 0) done.reject(new Error(`task ${index} has its result twice`));
      else {
        results[index] = 1;
        if (--left === 0) done.resolve();
      }
    };
    void meanwhile?.(simulation, workers).catch(done.reject);
    for (let index = 0; index < tasks; index++) {
      const ms = random.between(...taskMs);
      workMs += ms;
      const entry = driver.submit("work", [ms, index], taskOptions);
      entry.onChange(() => settle(index, entry));
      if (index % SUBMITTED_AT_ONCE === SUBMITTED_AT_ONCE - 1) await simulation.sleep(0);
    }
    await done.promise;
    const [virtualMs, realMs] = [time.elapsed - began, stopwatch() - beganReal];
    const spent = snapshot(time.spent, eventMs);
    const perTask = (...kinds: RealmKind[]): number =>
      (kinds.reduce((sum, kind) => sum + (spent.get(kind) ?? 0) - (before.get(kind) ?? 0), 0) * 1_000) / tasks;
    const { hash: trace, events } = time.trace;
    await simulation.sleep(REST_MS);
    const slots = nodes * cpusPerNode;
    return {
      nodes,
      slots,
      tasks,
      virtualMs,
      realMs,
      utilisation: workMs / (virtualMs * slots),
      headUs: perTask("head"),
      systemUs: perTask("system"),
      placesUs: perTask("main", "worker"),
      ran,
      runs,
      trace,
      events,
      unrest: await simulation.unrest(),
    };
  }, patience);
}

/** Holds the tasks that run on a node against its CPUs. */
class Busy {
  readonly #cpus: number;
  readonly #workers: Map<NodeNumber, Set<PlaceId>> = new Map();

  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  begin(worker: PlaceId, { nodes }: Simulation): void {
    const node = nodeOf(worker);
    const workers = this.#workers.get(node) ?? new Set();
    this.#workers.set(node, workers);
    if (workers.has(worker)) throw new Error(`worker ${worker} runs two tasks at once`);
    workers.add(worker);
    if (workers.size <= this.#cpus) return;
    // Those that have crashed have not ended what they ran.
    const alive = new Set(nodes.get(node)?.workers);
    for (const each of workers) if (!alive.has(each)) workers.delete(each);
    if (workers.size > this.#cpus) throw new Error(`${workers.size} tasks at once on node ${node}, which has ${this.#cpus} CPUs`);
  }

  end(worker: PlaceId): void {
    this.#workers.get(nodeOf(worker))?.delete(worker);
  }
}

function snapshot(spent: VirtualTime["spent"], eventMs: number): Map<RealmKind, number> {
  return new Map([...spent].map(([kind, { ms, events }]) => [kind, ms - events * eventMs]));
}
