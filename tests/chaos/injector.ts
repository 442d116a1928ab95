import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../simulation/seeded_random.ts";
import type { ChaosCluster, ChaosNode } from "./chaos_cluster.ts";

export interface InjectorOptions {
  readonly cluster: ChaosCluster;
  readonly random: SeededRandom;
  /** As many nodes as there are to be; they are never fewer than `atLeast` to which nothing is done. */
  readonly nodes: number;
  readonly atLeast: number;
  /** Between two faults, on average. */
  readonly pauseMs: number;
  readonly faults: readonly Fault[];
  log(text: string): void;
}

/** Shorter than what it takes to be declared dead, and longer. */
const SHORT_MS = [200, 2_500] as const;
const LONG_MS = [6_500, 9_000] as const;
/**
 * How long a node may take to end that comes back after it was declared dead: TCP sends again what was not acknowledged
 * after pauses that grow, and may have begun one that is as long as the time for which the node was cut off.
 */
const FENCED_WITHIN_MS = 20_000;
/** The head gives up on a silent node after 5 s, and looks every second. */
const SURELY_DEAD_MS = 6_200;

/** How long a head that is back waits for its nodes. */
const RETURN_MS = 9_000;
/** How long the head is away. */
const AWAY_MS = [0, 3_000] as const;

export type Fault = "kill" | "freeze" | "freeze long" | "cut off" | "cut off long" | "kill a worker" | "add" | "kill the head";

/** How frequent each is beside the others. */
const WEIGHTS: Readonly<Record<Fault, number>> = {
  kill: 3,
  freeze: 3,
  "freeze long": 1,
  "cut off": 2,
  "cut off long": 1,
  "kill a worker": 3,
  add: 1,
  "kill the head": 2,
};

/** Does to a cluster's nodes what happens to nodes, as the seed says. */
export class Injector {
  readonly violations: string[] = [];
  readonly counts: Map<Fault, number> = new Map();
  readonly #options: InjectorOptions;
  readonly #under: Set<Promise<void>> = new Set();
  #adding = 0;
  #headAway = false;
  readonly #stop: AbortController = new AbortController();

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Runs until it is stopped. */
  async run(): Promise<void> {
    const { random, pauseMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.#sleep(random.between(0.3, 1.7) * pauseMs);
      if (this.#stop.signal.aborted) return;
      this.#begin(this.#draw());
      this.#replace();
    }
  }

  /** No more faults; those that last come to their end now, and the cluster has as many nodes as it should. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#under);
    this.#replace();
    await Promise.all(this.#under);
  }

  #draw(): Fault {
    const { random, faults } = this.#options;
    let at = random.below(faults.reduce((sum, fault) => sum + WEIGHTS[fault], 0));
    for (const fault of faults) {
      at -= WEIGHTS[fault];
      if (at < 0) return fault;
    }
    throw new Error("the weights add up to more than there is");
  }

  #begin(fault: Fault): void {
    const { cluster, atLeast, random } = this.#options;
    const { up } = cluster;
    const choice = random.next();
    const length = random.next();
    if (fault === "add") {
      if (up.length + this.#adding <= this.#options.nodes) this.#note(fault, undefined, this.#add());
      return;
    }
    if (fault === "kill the head") {
      if (this.#headAway) return;
      this.#headAway = true;
      const away = cluster.restartHead(AWAY_MS[0] + length * (AWAY_MS[1] - AWAY_MS[0]));
      this.#note(
        fault,
        undefined,
        away
          .then(
            () => this.#options.log("the head is back"),
            (error: Error) => void this.violations.push(`the head did not come back: ${error.message}`),
          )
          .finally(() => {
            this.#headAway = false;
          }),
      );
      return;
    }
    const node = up[Math.floor(choice * up.length)];
    if (node === undefined || (fault !== "kill a worker" && up.length <= atLeast)) return;
    const within = ([least, most]: readonly [number, number]): number => least + length * (most - least);
    if (fault === "kill") this.#note(fault, node, cluster.kill(node));
    else if (fault === "kill a worker") this.#killWorker(node, choice);
    else
      this.#note(
        fault,
        node,
        this.#hold(node, fault.startsWith("freeze") ? "frozen" : "cut off", within(fault.endsWith("long") ? LONG_MS : SHORT_MS)),
      );
  }

  /** Freezes a node or cuts it off, for so long. One that was declared dead meanwhile has to end when it comes back. */
  async #hold(node: ChaosNode, how: "frozen" | "cut off", ms: number): Promise<void> {
    const { cluster } = this.#options;
    const began = performance.now();
    if (how === "frozen") cluster.freeze(node);
    else cluster.cut(node);
    await this.#sleep(ms);
    const held = performance.now() - began;
    if (how === "frozen") cluster.thaw(node);
    else cluster.heal(node);
    // The head says who is dead: one that stood still itself takes longer, and one that is back gives it time to come.
    if (held < SURELY_DEAD_MS || this.#headAway || cluster.headBackAt > began - RETURN_MS || (await cluster.stateOf(node)) !== "DEAD") return;
    if (!(await endsWithin(node, FENCED_WITHIN_MS)))
      this.violations.push(`${node.name} was ${how} for ${held.toFixed(0)} ms and is not fenced: it lives on`);
  }

  #killWorker(node: ChaosNode, choice: number): void {
    const children = this.#options.cluster.look(node);
    const pid = children[Math.floor(choice * children.length)];
    if (pid === undefined) return;
    this.#note("kill a worker", node, Promise.resolve());
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }

  /** New nodes come for those that are gone, or will be. */
  #replace(): void {
    const { cluster, nodes } = this.#options;
    const held = cluster.nodes.filter(({ state }) => state === "frozen" || state === "cut off").length;
    for (let missing = nodes - cluster.up.length - held - this.#adding; missing > 0; missing--) this.#track(this.#add());
  }

  async #add(): Promise<void> {
    this.#adding++;
    const { cluster, log } = this.#options;
    const began = performance.now();
    try {
      const node = await cluster.add();
      log(`${node.name} has joined`);
    } catch (error) {
      // What has no head yet needs one to join.
      if (cluster.headKilledAt > began) return await this.#add();
      this.violations.push(`a node could not join: ${(error as Error).message}`);
    } finally {
      this.#adding--;
    }
  }

  #note(fault: Fault, node: ChaosNode | undefined, end: Promise<void>): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    this.#options.log(node === undefined ? fault : `${fault}: ${node.name}`);
    this.#track(end);
  }

  #track(end: Promise<void>): void {
    const tracked = end.finally(() => this.#under.delete(tracked));
    this.#under.add(tracked);
  }

  /** Ends at once when all is stopped. */
  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}

async function endsWithin(node: ChaosNode, ms: number): Promise<boolean> {
  const late = new AbortController();
  const ended = await Promise.race([node.process.ended.then(() => true), sleep(ms, false, { signal: late.signal }).catch(() => false)]);
  late.abort();
  return ended;
}
