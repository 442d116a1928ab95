import type { Gcs } from "../../actors/gcs/mod.ts";
import { nodeOf } from "../../runtime/kernel/mod.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import type { SimulatedPlace } from "../simulated_place.ts";
import type { Simulation } from "../simulation.ts";
import type { Ledger } from "./ledger.ts";
import { Verdicts } from "./verdicts.ts";
import { Workload } from "./workload.ts";

export type Ending = "crash" | "machine" | "frozen";

export interface VisitorOptions {
  readonly simulation: Simulation;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** Begins the ids of all that it runs. */
  readonly name: string;
  readonly cpusPerNode: number;
  nodeDeaths(): number;
}

/**
 * A driver that stands still is declared dead after 5 s. It is to learn of that when it goes on, also when the head is another
 * by then: it notices that after 3 s, and has to find the new one. Milliseconds.
 */
const STILL_MS = 9_000;
const LEARN_MS = 8_000;
const OPERATIONS = 8;

/** A driver that dies in the middle of its work. What it made has to go with it, but for an actor that is detached. */
export class Visitor {
  readonly #options: VisitorOptions;
  #driver: SimulatedPlace | undefined;
  #node: SimulatedNode | undefined;
  #gone = false;
  /** The detached actor has answered: from then on it has to live. */
  #answered = false;

  constructor(options: VisitorOptions) {
    this.#options = options;
  }

  get node(): SimulatedNode | undefined {
    return this.#node;
  }

  get #detached(): string {
    return `detached by ${this.#options.name}`;
  }

  /** Comes, works for `ms`, and ends. Resolves when it has. */
  async run(how: Ending, ms: number): Promise<void> {
    const { simulation, ledger, random, name, cpusPerNode, nodeDeaths } = this.#options;
    const driver = await simulation.drive().catch(() => undefined);
    // It came while the head was about to end.
    if (driver === undefined) return;
    const node = simulation.nodes.get(nodeOf(driver.caller.place)) as SimulatedNode;
    [this.#driver, this.#node] = [driver, node];
    const verdicts = new Verdicts({ ledger, nodeDeaths, isOver: () => this.#gone });
    const workload = new Workload({ driver, random, ledger, verdicts, name, cpusPerNode, operations: OPERATIONS, parcels: 0 });
    const failed = (error: unknown): void => verdicts.violate(`${name} has failed: ${error instanceof Error ? error.stack : error}`);
    workload.run().catch(failed);
    this.#leaveBehind(driver).catch(failed);
    await simulation.sleep(ms);
    this.#gone = true;
    if (how === "frozen") {
      node.freeze(STILL_MS);
      await Promise.race([node.gone, simulation.sleep(STILL_MS + LEARN_MS)]);
      const { gcs } = simulation.head.system.asHead();
      if (node.alive && gcs.nodes.get(node.nodeId)?.state === "DEAD") ledger.violate(`${name} was declared dead and goes on`);
    }
    // A head that stood still itself has declared nobody dead.
    node.crash({ silently: how === "machine" });
  }

  /** Asks the detached actor once more, from another driver, and ends it. Without an answer it need not have come to be. */
  async callOn(other: SimulatedPlace): Promise<void> {
    if (this.#driver === undefined) return;
    const found = other.find(this.#detached, this.#driver.identity.namespace);
    const actor = await (this.#answered ? found : found.catch(() => undefined));
    if (actor === undefined) return;
    if (this.#answered) await other.call(actor, "add", [0, `${this.#detached}, again`, ANY, 1]);
    other.caller.actors.kill(actor, true);
    actor.letGo();
  }

  /** What is left of it, in words, long after it has gone. */
  left(gcs: Gcs): string[] {
    const { name } = this.#options;
    if (this.#driver === undefined) return [];
    const { jobId } = this.#driver.identity;
    const job = gcs.jobs.get(jobId);
    return [
      ...(job !== undefined && job.endedMs === undefined ? [`the job of ${name} is ${job.status}`] : []),
      ...Array.from(gcs.actors.rows())
        .filter((row) => row.jobId === jobId && row.state !== "DEAD")
        .map(({ actorId, state }) => `${name} is dead and its actor ${actorId} is ${state}`),
      ...Array.from(gcs.placementGroups.rows())
        .filter((row) => row.jobId === jobId && row.state !== "REMOVED")
        .map(({ placementGroupId, state }) => `${name} is dead and its group ${placementGroupId} is ${state}`),
    ];
  }

  async #leaveBehind(driver: SimulatedPlace): Promise<void> {
    const actor = driver.create("Counter", [], { name: this.#detached, lifetime: "detached", maxRestarts: -1, maxTaskRetries: -1 });
    await driver.call(actor, "add", [0, this.#detached, ANY, 0]);
    this.#answered = true;
  }
}

/** Runs that a call may have which is repeated for ever. */
const ANY = 1_000;
