import { Gcs, StorageError } from "../../actors/gcs/mod.ts";
import { nodeOf } from "../../runtime/kernel/mod.ts";
import {
  drawPlan,
  type FaultPlan,
  functionsOf,
  Injector,
  type InjectorOptions,
  Ledger,
  NodeCpus,
  Verdicts,
  Visitor,
  Workload,
} from "../chaos/mod.ts";
import { SeededRandom } from "../seeded_random.ts";
import { SimulatedDisk } from "../simulated_disk.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import { Simulation } from "../simulation.ts";
import { VirtualTime, type VirtualTimeOptions } from "../virtual_time.ts";

export interface ChaosOptions extends VirtualTimeOptions {
  seed: number | string;
  /** Instead of the one that the seed gives. */
  plan?: FaultPlan;
  /** Is given the cluster before anything happens in it. */
  onSimulation?(simulation: Simulation): void;
}

export interface ChaosFigures {
  /** The same only if all of it is: see `Trace`. */
  readonly trace: string;
  readonly events: number;
  readonly virtualMs: number;
  /** What went wrong, in words, and when. */
  readonly faults: readonly string[];
  /** Runs of functions and methods. */
  readonly runs: number;
  /** Results by what they are: "right", or an error's code. */
  readonly results: ReadonlyMap<string, number>;
}

/** Something that must never be was: what, and how to see it again. */
export class ChaosFailure extends Error {
  readonly seed: number | string;

  constructor(seed: number | string, what: readonly string[], log: readonly string[]) {
    const lines = [...what.slice(0, 10), ...(log.length > 0 ? ["what had happened:", ...log] : [])];
    super(`seed ${seed}:\n  ${lines.join("\n  ")}\nreplay it: bun run simulate --chaos --seed ${seed}`);
    this.seed = seed;
  }
}

const OPERATIONS = 16;
/** Every operation has ended by then, when the last fault is over. Milliseconds. */
const PATIENCE_MS = 60_000;
/** Idle leases, promises, pins and names have been let go of by then. */
const REST_MS = 15_000;

/**
 * A cluster in which nodes, threads and links fail as the seed says, while drivers work with it. Rejects with a
 * `ChaosFailure` at the first result that is neither right nor an honest error, run too many, task too many on a node,
 * resource too many, or operation that does not end; and when something is left when all has ended.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosFigures> {
  const { seed } = options;
  const plan = options.plan ?? drawPlan(SeededRandom.of(seed, "plan"));
  const time = new VirtualTime(options);
  const outside = time.realm("scenario");
  const ledger = new Ledger();
  const visitors: Visitor[] = [];
  const disk = new SimulatedDisk({ random: SeededRandom.of(seed, "storage"), latencyMs: plan.storageMs });
  const cpus = new NodeCpus(ledger, plan.cpusPerNode);
  const { networkLatencyMs, threadLatencyMs, threadStallMs, workerStartMs } = plan;
  const functions = functionsOf(ledger, cpus);
  const simulation = new Simulation({
    ...{ seed, time, functions, disk, networkLatencyMs, threadLatencyMs, threadStallMs, workerStartMs },
    returns: plan.headReturns,
    head: { takesWork: plan.headWorks, resources: plan.headReturns && plan.headWorks ? { CPU: plan.cpusPerNode } : {} },
    onWorkerEnd(place) {
      cpus.lost(place);
      // What works for a driver that is gone is ended by force after a while, with what else is there.
      if (visitors.length > 0) ledger.deaths++;
    },
    storeBytes: STORE_BYTES,
  });
  options.onSimulation?.(simulation);
  // That a head ends on which nothing runs is no reason for anything to fail, nor is the end of another driver.
  const nodeDeaths = (): number => {
    const others = [...simulation.nodes.values()].filter(
      (node) => (!node.isHead || plan.headWorks) && !visitors.some((visitor) => visitor.node === node),
    );
    const declared = new Set(
      Array.from(simulation.head.system.asHead().gcs.nodes.rows()).flatMap(({ nodeId, state }) => (state === "DEAD" ? [nodeId] : [])),
    );
    return others.filter(({ alive, nodeId }) => !alive || declared.has(nodeId)).length;
  };
  const verdicts = new Verdicts({ ledger, nodeDeaths });
  let injector: Injector | undefined;
  let workload: Workload | undefined;
  const failure = (what: readonly string[]): ChaosFailure =>
    new ChaosFailure(seed, what, [`${plan.nodes} nodes with ${plan.cpusPerNode} CPUs`, ...(injector?.log ?? [])]);

  async function scenario(): Promise<void> {
    const nodes = await simulation.joinAll(plan.nodes, { resources: { CPU: plan.cpusPerNode } });
    const driver = await simulation.drive();
    const drivers = [simulation.nodes.get(nodeOf(driver.caller.place)) as SimulatedNode];
    const visit: InjectorOptions["visit"] = async (how, ms) => {
      const name = `v${visitors.length + 1}.`;
      const random = SeededRandom.of(seed, `visitor ${name}`);
      const visitor = new Visitor({ simulation, ledger, random, name, cpusPerNode: plan.cpusPerNode, nodeDeaths });
      visitors.push(visitor);
      await visitor.run(how, ms);
    };
    injector = new Injector({ simulation, plan, ledger, nodes, drivers, outside, visit });
    const random = SeededRandom.of(seed, "workload");
    workload = new Workload({
      driver,
      random,
      ledger,
      verdicts,
      name: "",
      cpusPerNode: plan.cpusPerNode,
      operations: OPERATIONS,
      parcels: plan.parcels,
    });
    await Promise.all([workload.run(), injector.run()]);
    injector.close();
    await Promise.all(visitors.map((visitor) => visitor.callOn(driver)));
    await simulation.sleep(REST_MS);
    for (const visitor of visitors) for (const each of visitor.left(simulation.head.system.asHead().gcs)) ledger.violate(each);
    if (driver.caller.pendingCount > 0) ledger.violate(`${driver.caller.pendingCount} tasks have not ended at their owner`);
    for (const each of await simulation.unrest()) ledger.violate(each);
    for (const each of await unrecovered(simulation.head.system.asHead().gcs, disk)) ledger.violate(each);
  }

  try {
    const untilMs = PATIENCE_MS + REST_MS + 20_000;
    await simulation.run(scenario, { untilMs, each: () => check(ledger, failure) });
  } catch (error) {
    if (error instanceof ChaosFailure) throw error;
    const pending = workload === undefined ? [] : workload.pending;
    const what = [`${error instanceof Error ? error.stack : error}`];
    if (pending.length > 0) what.push(`not ended: ${pending.join(", ")}`, ...whatWaits(simulation));
    throw failure(what);
  }
  check(ledger, failure);
  const { hash: trace, events } = time.trace;
  return { trace, events, virtualMs: time.elapsed, faults: injector?.log ?? [], runs: ledger.totalRuns, results: verdicts.counts };
}

const STORE_BYTES = 64 * 1024 * 1024;

function check(ledger: Ledger, failure: (what: readonly string[]) => ChaosFailure): void {
  if (ledger.violations.length > 0) throw failure(ledger.violations);
}

/** Where tasks wait, and what nodes have free, as far as the head knows. */
function whatWaits(simulation: Simulation): string[] {
  const { membership, gcs } = simulation.head.system.asHead();
  const { nodes, pending } = membership.status();
  const actors = [...gcs.actors.rows()].filter(({ state }) => state !== "DEAD");
  return [
    ...actors.map(({ actorId, state, place, incarnation }) => `actor ${actorId} is ${state}, incarnation ${incarnation}, at place ${place}`),
    ...pending.map((demand) => `waits: ${JSON.stringify(demand)}`),
    ...nodes.map(({ nodeId, available, total }) => `${nodeId} has ${available["CPU"] ?? 0} of ${total["CPU"] ?? 0} CPUs free`),
  ];
}

/** What of the control store a head would not find again that is started on its storage after a crash. */
async function unrecovered(gcs: Gcs, disk: SimulatedDisk): Promise<string[]> {
  await gcs.flush();
  const clock = { now: () => 0 };
  const again = new Gcs({ clock, storage: await disk.afterCrash() });
  await again.recover();
  const ids = (of: Gcs): string[] => [
    ...Array.from(of.actors.rows(), ({ actorId, name }) => `actor ${actorId} ${name}`),
    ...Array.from(of.nodes.rows(), ({ nodeId }) => `node ${nodeId}`),
    ...Array.from(of.jobs.rows(), ({ jobId }) => `job ${jobId}`),
    ...Array.from(of.placementGroups.rows(), ({ placementGroupId }) => `group ${placementGroupId}`),
  ];
  const found = new Set(ids(again));
  const missing = ids(gcs).filter((id) => !found.has(id));
  const torn = new Gcs({ clock, storage: await disk.afterCrash({ torn: true }) });
  const refused = await torn.recover().then(
    () => false,
    (error) => error instanceof StorageError && error.reason === "damaged",
  );
  return [...missing.map((id) => `${id} is not in the storage`), ...(refused ? [] : ["a store with a torn row was taken for a good one"])];
}
