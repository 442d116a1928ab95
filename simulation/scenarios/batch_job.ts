import { type Entry, outcomeNow } from "../../runtime/caller/mod.ts";
import type { TaskOptions } from "../../runtime/options/mod.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import type { Functions, SimulatedFunction, SimulatedPlace } from "../simulated_place.ts";
import type { Simulation } from "../simulation.ts";
import type { Span } from "../virtual_port.ts";
import { Busy } from "./busy.ts";

export interface BatchJobOptions {
  nodes: number;
  tasks: number;
  cpusPerNode: number;
  taskMs: Span;
  taskOptions: TaskOptions;
  /** Tasks that run before anything is counted. */
  warm: number;
}

const SUBMITTED_AT_ONCE = 10_000;

/** Nodes that are alike, and a driver that submits many tasks at once, each of which has to have its own result, once. */
export class BatchJob {
  readonly functions: Functions;
  /** Tasks that ran on each node. */
  readonly ran: Map<string, number> = new Map();
  runs = 0;
  /** The tasks' own time. */
  workMs = 0;
  workers: readonly SimulatedNode[] = [];
  readonly #options: BatchJobOptions;
  readonly #busy: Busy;
  #simulation: Simulation | undefined;
  #driver: SimulatedPlace | undefined;

  constructor(options: BatchJobOptions) {
    this.#options = options;
    this.#busy = new Busy(options.cpusPerNode);
    const work: SimulatedFunction =
      ({ sleep, nodeId, place }) =>
      async (ms: unknown, value: unknown) => {
        this.runs++;
        this.ran.set(nodeId, (this.ran.get(nodeId) ?? 0) + 1);
        this.#busy.begin(place, this.#simulation as Simulation);
        await sleep(ms as number);
        this.#busy.end(place);
        return value;
      };
    this.functions = new Map([["work", work]]);
  }

  /** Has the nodes join, and lets what happens once on every worker happen: functions fetched, first leases granted. */
  async prepare(simulation: Simulation): Promise<void> {
    const { nodes, cpusPerNode, warm, taskMs, taskOptions } = this.#options;
    this.#simulation = simulation;
    this.workers = await simulation.joinAll(nodes, { resources: { CPU: cpusPerNode } });
    const driver = await simulation.drive();
    this.#driver = driver;
    await Promise.all(Array.from({ length: warm }, () => driver.run("work", [taskMs[1], 0], taskOptions)));
    this.runs = 0;
    this.ran.clear();
  }

  /** Submits the tasks. Resolves with the last result; rejects when one is not what it must be, or comes twice. */
  async run(): Promise<void> {
    const { tasks, taskMs, taskOptions } = this.#options;
    const [driver, simulation] = [this.#driver as SimulatedPlace, this.#simulation as Simulation];
    const results = new Uint8Array(tasks);
    const done = Promise.withResolvers<void>();
    let left = tasks;
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
    for (let index = 0; index < tasks; index++) {
      const ms = simulation.random.between(...taskMs);
      this.workMs += ms;
      const entry = driver.submit("work", [ms, index], taskOptions);
      entry.onChange(() => settle(index, entry));
      if (index % SUBMITTED_AT_ONCE === SUBMITTED_AT_ONCE - 1) await simulation.sleep(0);
    }
    await done.promise;
    if (driver.caller.pendingCount > 0) throw new Error(`${driver.caller.pendingCount} tasks have not ended at their owner`);
  }
}
