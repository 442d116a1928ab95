import { MemoryStorage, type Storage } from "../actors/gcs/mod.ts";
import type { ClusterContract, ClusterStatus, ObjectsContract } from "../runtime/contracts/mod.ts";
import { ActorNumber, HEAD_NODE, HEAD_NUMBERS, HEAD_PLACE, type NodeNumber, type PlaceId, remoteContract } from "../runtime/kernel/mod.ts";
import { Network } from "./network.ts";
import type { Realm } from "./realm.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { SimulatedDisk } from "./simulated_disk.ts";
import { type NodeSpec, SimulatedNode, systemPlace } from "./simulated_node.ts";
import type { Functions, SimulatedPlace } from "./simulated_place.ts";
import type { Span } from "./virtual_port.ts";
import { VirtualTime, type VirtualTimeOptions } from "./virtual_time.ts";

export interface SimulationOptions extends VirtualTimeOptions {
  seed: number | string;
  /** The time of several that are side by side. Default: one of its own. */
  time?: VirtualTime;
  functions?: Functions;
  /** What the head's node has to run tasks with. Default: nothing. */
  head?: NodeSpec;
  /** What the head's tables are kept on. Default: nothing, as far as they outlive the head. */
  disk?: SimulatedDisk;
  /** The head has a number of its own, and another may follow it to which nodes come back; needs a disk. Default: no. */
  returns?: boolean;
  /** One way between two nodes. Default: 0.1 to 0.3 ms. */
  networkLatencyMs?: Span;
  megabytesPerSecond?: number;
  /** Between two threads of a node. Default: 0.02 to 0.06 ms. */
  threadLatencyMs?: Span;
  /** By how much one message in fifty between two threads is late, at most. Default: 0. */
  threadStallMs?: number;
  /** How long a worker's thread takes to start. Default: 20 to 60 ms. */
  workerStartMs?: Span;
  storeBytes?: number;
  /** A worker's thread has ended before its time. */
  onWorkerEnd?(place: PlaceId): void;
}

const DEFAULTS = {
  networkLatencyMs: [0.1, 0.3],
  threadLatencyMs: [0.02, 0.06],
  threadStallMs: 0,
  workerStartMs: [20, 60],
  megabytesPerSecond: 1_000,
  storeBytes: 8 * 1024 * 1024,
} as const;

/**
 * A cluster in one thread: its nodes run the real control store, schedulers, object managers and executors, over links
 * and threads that are simulated in virtual time. The same seed gives the same run, event by event, in every runtime.
 */
export class Simulation {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly random: SeededRandom;
  readonly nodes: Map<number, SimulatedNode> = new Map();
  /** Errors that nobody should have caused: of system actors and of workers. */
  readonly faults: unknown[] = [];
  /** What was written to terminals. */
  readonly printed: string[] = [];
  /** Nodes that the cluster has ended, and why. */
  readonly ended: { node: number; reason: string }[] = [];
  readonly #options: SimulationOptions & typeof DEFAULTS;
  /** Where those outside of the cluster live. */
  readonly #outside: Realm;
  #head: SimulatedNode;
  #heads = 0;

  constructor(options: SimulationOptions) {
    this.#options = { ...DEFAULTS, ...options } as SimulationOptions & typeof DEFAULTS;
    this.time = options.time ?? new VirtualTime(options);
    this.random = SeededRandom.of(options.seed, "scenario");
    this.#outside = this.time.realm("scenario");
    const { networkLatencyMs, megabytesPerSecond } = this.#options;
    this.network = new Network({ random: SeededRandom.of(options.seed, "network"), latencyMs: networkLatencyMs, megabytesPerSecond });
    if (options.returns === true && options.disk === undefined) throw new RangeError("a head that another follows needs a disk");
    this.#head = this.#openHead();
  }

  /** The head; while there is none, the last that was. */
  get head(): SimulatedNode {
    return this.#head;
  }

  /** The head ends, and another begins on its disk after that time. `silently`: see `SimulatedNode.crash`. */
  async crashHead({ restartAfterMs, silently = false }: { restartAfterMs: number; silently?: boolean }): Promise<void> {
    this.#head.crash({ silently });
    await this.sleep(restartAfterMs);
    this.replaceHead();
  }

  /** The head has lost its disk, and nothing else, until what this returns is called. */
  partHead(): () => void {
    return this.#options.disk?.part() ?? (() => {});
  }

  /** Another head begins on the disk of the one there is, which may be dead, or stand still. */
  replaceHead(): SimulatedNode {
    if (this.#options.returns !== true) throw new Error("nobody comes to a head that follows this one");
    this.#head = this.#openHead();
    return this.#head;
  }

  /** A node joins, some time from now. Resolves when it is a member. */
  async join(spec: NodeSpec = {}): Promise<SimulatedNode> {
    await this.sleep(this.random.between(0, 1));
    const joined = this.#open(await this.#admitted(), spec);
    await Promise.race([joined.contract.hello(), joined.gone]);
    if (!joined.alive) throw new Error(`node ${joined.node} ended before it was a member`);
    return joined;
  }

  /** A number for a node, of whichever head answers first. */
  async #admitted(): Promise<NodeNumber> {
    for (;;) {
      const { system, realm, alive, gone } = this.#head;
      const asked = (): Promise<{ node: NodeNumber }> => new Promise((resolve) => realm.soon(() => resolve(system.admit())));
      const admitted = alive ? await Promise.race([this.#options.returns === true ? asked() : system.admit(), gone]) : undefined;
      if (admitted !== undefined) return admitted.node;
      await this.sleep(ASK_AGAIN_MS);
    }
  }

  /** Nodes that are alike. */
  joinAll(count: number, spec: NodeSpec | ((index: number) => NodeSpec)): Promise<SimulatedNode[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.join(typeof spec === "function" ? spec(index) : spec)));
  }

  /** A driver, on a node of its own that runs nothing. */
  async drive(): Promise<SimulatedPlace> {
    const { driver } = await this.join({ driver: true });
    if (driver === undefined) throw new Error("the node has no driver");
    await driver.hello();
    return driver;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#outside.after(ms, resolve));
  }

  /** Lets time pass until the scenario has come to its end; rejects if it never will, and with what `each` throws, which is called after every event. */
  async run<T>(scenario: (simulation: this) => Promise<T>, options: { untilMs?: number; each?: () => void } = {}): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    scenario(this).then(
      (value) => {
        outcome = { value };
      },
      (error) => {
        outcome = { error };
      },
    );
    const { each, ...limits } = options;
    const done = (): boolean => {
      each?.();
      return outcome !== undefined;
    };
    await this.time.run(done, { ...limits, stuck: () => this.#stuck() });
    if (outcome !== undefined && "error" in outcome) throw outcome.error;
    return (outcome as unknown as { value: T }).value;
  }

  get live(): SimulatedNode[] {
    return [...this.nodes.values()].filter(({ alive }) => alive);
  }

  /** The node of that id, alive or not. */
  node(nodeId: string): SimulatedNode | undefined {
    return [...this.nodes.values()].find((node) => node.nodeId === nodeId);
  }

  status(): Promise<ClusterStatus> {
    return remoteContract<ClusterContract>(this.head.main, HEAD_PLACE, ActorNumber.cluster).status() as Promise<ClusterStatus>;
  }

  /**
   * What should be at rest now and is not, in words: questions without an answer, resources that are not free again,
   * objects that are kept, errors. To be asked within `run`.
   */
  async unrest(): Promise<string[]> {
    const found = this.faults.map((error) => `fault: ${error instanceof Error ? error.stack : String(error)}`);
    found.push(...this.printed.filter((line) => line.includes("a system actor failed")));
    const { nodes, pending } = await this.status();
    for (const each of pending) found.push(`waits: ${JSON.stringify(each)}`);
    for (const each of this.head.system.asHead().scheduler.unplaced()) found.push(`the head looks for a node: ${JSON.stringify(each)}`);
    for (const { nodeId, total, available } of nodes) {
      if (JSON.stringify(sorted(total)) !== JSON.stringify(sorted(available))) {
        found.push(`node ${nodeId} has ${JSON.stringify(available)} free of ${JSON.stringify(total)}`);
      }
    }
    for (const { node, system, main } of this.live) {
      const objects = remoteContract<ObjectsContract>(main, systemPlace(node), ActorNumber.objects);
      const { sizes } = (await objects.figures(false)) as { sizes: Record<string, number> };
      for (const [what, size] of Object.entries(sizes)) if (size > 0) found.push(`node ${node} keeps ${size} ${what}`);
      if (system.kernel.openAsks > 0) found.push(`the system worker of node ${node} waits for ${system.kernel.openAsks} answers`);
    }
    return found;
  }

  #openHead(): SimulatedNode {
    const { disk, returns = false, head } = this.#options;
    const storage = (realm: Realm): Storage => disk?.open(realm, this.#outside) ?? new MemoryStorage();
    return this.#open(returns ? HEAD_NUMBERS.from + this.#heads++ : HEAD_NODE, { resources: {}, ...head }, storage);
  }

  #open(node: NodeNumber, spec: NodeSpec, storage?: (realm: Realm) => Storage): SimulatedNode {
    const { seed, functions = new Map(), threadLatencyMs, threadStallMs, workerStartMs, storeBytes, returns = false } = this.#options;
    const opened: SimulatedNode = new SimulatedNode({
      ...spec,
      time: this.time,
      network: this.network,
      functions,
      random: SeededRandom.of(seed, `node ${node}`),
      node,
      nodeId: nodeIdOf(node),
      headId: nodeIdOf(HEAD_NODE),
      headUrl: returns ? HEAD_URL : `sim://${HEAD_NODE}`,
      // Who listens there now takes no link that is meant for one before.
      reach: (peer) => (peer.url === HEAD_URL && peer.node === HEAD_NODE ? this.#head.node : peer.node),
      storage,
      returns,
      threadLatencyMs,
      threadStallMs,
      workerStartMs,
      storeBytes,
      onWorkerEnd: (place) => this.#options.onWorkerEnd?.(place),
      onFault: (error) => void this.faults.push(error),
      print: (line) => void this.printed.push(line),
      onEnd: (reason) => {
        this.ended.push({ node, reason });
        this.nodes.get(node)?.crash();
      },
    });
    this.nodes.set(node, opened);
    return opened;
  }

  #stuck(): string {
    const lines = [
      ...this.printed.slice(-5),
      ...this.faults.slice(0, 3).map((error) => (error instanceof Error ? (error.stack ?? "") : String(error))),
    ];
    return `${lines.length === 0 ? "nobody has said why" : lines.join("\n")} (seed ${this.#options.seed})`;
  }
}

/** Where heads are found that follow each other. */
const HEAD_URL = "sim://head";
/** How long one that joins waits before it asks a head again that is away. Milliseconds. */
const ASK_AGAIN_MS = 200;

/** By number, so that the order of ids is that of numbers. */
export function nodeIdOf(node: number): string {
  return `node-${String(node).padStart(5, "0")}`;
}

function sorted(amounts: unknown): [string, number][] {
  return Object.entries(amounts as Record<string, number>).sort(([a], [b]) => (a < b ? -1 : 1));
}
