import type { Realm } from "../realm.ts";
import type { SimulatedNode } from "../simulated_node.ts";
import type { Simulation } from "../simulation.ts";
import type { Fault, FaultPlan } from "./fault_plan.ts";
import type { Ledger } from "./ledger.ts";
import type { Ending } from "./visitor.ts";

export interface InjectorOptions {
  simulation: Simulation;
  plan: FaultPlan;
  ledger: Ledger;
  /** The nodes that run tasks. */
  nodes: readonly SimulatedNode[];
  drivers: readonly SimulatedNode[];
  outside: Realm;
  /** Another driver comes; resolves when it has gone. */
  visit(how: Ending, ms: number): Promise<void>;
}

/** As many nodes as there were to begin with come again for those that are gone, so late at most. Milliseconds. */
const REPLACED_WITHIN_MS = 1_000;

/** A head that another has followed while it stood still goes on so much later. Milliseconds. */
const STALE_MS = 500;
const WORDS = { crash: "crashes", machine: "crashes with its machine", frozen: "stands still", parted: "has lost its disk" } as const;

/** Has the faults of a plan happen, and new nodes come for those that are gone. */
export class Injector {
  /** What happened, for people. */
  readonly log: string[] = [];
  readonly #options: InjectorOptions;
  readonly #workers: Set<SimulatedNode>;
  readonly #until: Promise<void>[] = [];
  #looking = true;
  #headIsAway = false;
  #began = 0;

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.#workers = new Set(options.nodes);
  }

  /** Resolves when all has happened and what was meant for a time is over. */
  async run(): Promise<void> {
    const { plan, outside } = this.#options;
    this.#look();
    this.#began = outside.now();
    for (const { atMs, fault } of plan.faults) {
      await this.#sleep(this.#began + atMs - outside.now());
      const what = this.#inject(fault);
      if (what !== undefined) this.log.push(`${this.#since()}: ${what}`);
    }
    await Promise.all(this.#until);
  }

  /** No new nodes come from now on. */
  close(): void {
    this.#looking = false;
  }

  /** Does it; returns what it was, or nothing where there was nobody to do it to. */
  #inject(fault: Fault): string | undefined {
    const { simulation, ledger, drivers } = this.#options;
    switch (fault.kind) {
      case "crash worker": {
        const node = this.#node(fault.node);
        const worker = node?.workers[fault.worker % Math.max(1, node.workers.length)];
        if (node === undefined || worker === undefined) return undefined;
        ledger.deaths++;
        node.crashWorker(worker);
        return `worker ${worker} of node ${node.node} crashes`;
      }
      case "freeze worker": {
        const node = this.#node(fault.node);
        const worker = node?.workers[fault.worker % Math.max(1, node.workers.length)];
        if (node === undefined || worker === undefined) return undefined;
        node.freezeWorker(worker, fault.ms);
        this.#for(fault.ms, () => {});
        return `worker ${worker} of node ${node.node} stands still for ${fault.ms.toFixed(0)} ms`;
      }
      case "crash node": {
        const node = this.#node(fault.node);
        node?.crash({ silently: fault.silently });
        return node && `node ${node.node} crashes${fault.silently ? " with its machine" : ""}`;
      }
      case "freeze node":
        return this.#freeze(this.#node(fault.node), fault.ms);
      case "freeze head":
        return this.#freeze(simulation.head, fault.ms);
      case "replace head":
        return this.#replaceHead(fault);
      case "freeze driver": {
        const driver = drivers[0];
        // Several at once add up to longer than a driver's node may be silent.
        return driver?.frozen === true ? undefined : this.#freeze(driver, fault.ms);
      }
      case "visit":
        this.#until.push(this.#options.visit(fault.how, fault.ms).then(() => void this.log.push(`${this.#since()}: the visiting driver is gone`)));
        return `another driver comes, for ${fault.ms.toFixed(0)} ms, and then ${WORDS[fault.how]}`;
      case "partition": {
        const nodes = [...new Set(fault.nodes.map((node) => this.#node(node)?.node))].filter((node) => node !== undefined);
        simulation.network.partition(nodes);
        this.#for(fault.ms, () => simulation.network.heal(nodes));
        return `nodes ${nodes.join(", ")} are cut off for ${fault.ms.toFixed(0)} ms`;
      }
      case "delay": {
        const [from, to] = [this.#node(fault.node) ?? simulation.head, fault.other % 3 === 0 ? simulation.head : this.#node(fault.other)];
        if (to === undefined || from === to) return undefined;
        simulation.network.delay(from.node, to.node, fault.ms);
        this.#for(fault.forMs, () => simulation.network.delay(from.node, to.node, 0));
        return `from node ${from.node} to node ${to.node} it takes ${fault.ms.toFixed(0)} ms longer for ${fault.forMs.toFixed(0)} ms`;
      }
      case "cut": {
        const [one, other] = [this.#node(fault.node), fault.other % 3 === 0 ? simulation.head : this.#node(fault.other)];
        if (one === undefined || other === undefined || one === other) return undefined;
        simulation.network.cut(one.node, other.node);
        return `the links between nodes ${one.node} and ${other.node} break`;
      }
      case "join":
        this.#join();
        return "a node joins";
      case "leave": {
        const node = this.#node(fault.node);
        void node?.leave().catch(() => {});
        return node && `node ${node.node} leaves`;
      }
    }
  }

  #freeze(node: SimulatedNode | undefined, ms: number): string | undefined {
    if (node === undefined || !node.alive) return undefined;
    node.freeze(ms);
    this.#for(ms, () => {});
    return `node ${node.node} stands still for ${ms.toFixed(0)} ms`;
  }

  /** What is frozen goes on some time after another is there: a head that does not know that it is none. */
  #replaceHead({ how, ms }: Extract<Fault, { kind: "replace head" }>): string | undefined {
    const { simulation } = this.#options;
    const { head } = simulation;
    if (!head.alive || this.#headIsAway) return undefined;
    this.#headIsAway = true;
    if (how === "frozen") head.freeze(ms + STALE_MS);
    else if (how === "parted") this.#for(ms + STALE_MS, simulation.partHead());
    else head.crash({ silently: how === "machine" });
    this.#for(ms, () => {
      this.#headIsAway = false;
      const { node } = simulation.replaceHead();
      this.log.push(`${this.#since()}: node ${node} is the head`);
    });
    return `the head, node ${head.node}, ${WORDS[how]}; another comes after ${ms.toFixed(0)} ms`;
  }

  #for(ms: number, end: () => void): void {
    this.#until.push(this.#sleep(ms).then(end));
  }

  #node(index: number): SimulatedNode | undefined {
    const alive = [...this.#workers].filter((node) => node.alive);
    return alive[index % Math.max(1, alive.length)];
  }

  #join(): void {
    const { simulation, plan } = this.#options;
    void simulation.join({ resources: { CPU: plan.cpusPerNode } }).then(
      (node) => void this.#workers.add(node),
      () => {},
    );
  }

  #look(): void {
    const { plan, outside, simulation } = this.#options;
    outside.after(REPLACED_WITHIN_MS, () => {
      if (!this.#looking) return;
      const alive = simulation.live.filter(({ isHead, resources }) => !isHead && (resources["CPU"] ?? 0) > 0).length;
      for (let missing = plan.nodes - alive; missing > 0; missing--) this.#join();
      this.#look();
    });
  }

  #since(): string {
    return `${(this.#options.outside.now() - this.#began).toFixed(1)} ms`;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.outside.after(Math.max(0, ms), resolve));
  }
}
