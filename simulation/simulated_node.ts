import type { Storage } from "../actors/gcs/mod.ts";
import { type NodeConfig, SystemNode } from "../actors/node/mod.ts";
import { MemoryDisk } from "../actors/objects/mod.ts";
import type { WorkerKind } from "../actors/scheduler/mod.ts";
import type { Link, LinkEvents } from "../net/mod.ts";
import * as bundles from "../runtime/bundles/mod.ts";
import type { ExitWire, NodeContract, PeerInfo } from "../runtime/contracts/mod.ts";
import {
  ActorNumber,
  DRIVER_SLOT,
  FIRST_WORKER_SLOT,
  HEAD_NODE,
  type Kernel,
  type NodeNumber,
  type PlaceId,
  placeId,
  type Remote,
  remoteContract,
  SYSTEM_SLOT,
} from "../runtime/kernel/mod.ts";
import { Accounting } from "../runtime/memory/mod.ts";
import { environmentKey } from "../runtime/options/mod.ts";
import type { Network, NetworkNode } from "./network.ts";
import type { Realm } from "./realm.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { type Functions, mainKernel, SimulatedPlace } from "./simulated_place.ts";
import { type Span, VirtualPort } from "./virtual_port.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** What a node is to have. */
export interface NodeSpec {
  readonly resources?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Its main thread is a driver's, and nothing of others runs there. */
  readonly driver?: boolean;
  /** Whether anything of others may run there. Default: not on a driver's node. */
  readonly takesWork?: boolean;
}

export interface SimulatedNodeOptions extends NodeSpec {
  time: VirtualTime;
  network: Network;
  functions: Functions;
  random: SeededRandom;
  node: NodeNumber;
  nodeId: string;
  headId: string;
  /** Where heads are dialled. */
  headUrl: string;
  /** Which node answers at that address now. */
  reach(peer: PeerInfo): NodeNumber;
  /** The head's alone: opens its storage for its system worker's thread. */
  storage: ((realm: Realm) => Storage) | undefined;
  /** A head that is gone may be followed by another, to which nodes come back. */
  returns: boolean;
  threadLatencyMs: Span;
  threadStallMs: number;
  workerStartMs: Span;
  storeBytes: number;
  onFault(error: unknown): void;
  print(line: string): void;
  onEnd(reason: string): void;
  onWorkerEnd(place: PlaceId): void;
}

/** Workers that are started with the node, as real hosts do. */
const PRESTART_AT_MOST = 4;

/** A process of a simulated machine: the real system actors, and threads with the real caller's and executing sides. */
export class SimulatedNode implements NetworkNode {
  readonly node: NodeNumber;
  readonly nodeId: string;
  /** It has, or had, the control store. */
  readonly isHead: boolean;
  readonly resources: Readonly<Record<string, number>>;
  readonly system: SystemNode;
  /** The system worker's thread. */
  readonly realm: Realm;
  /** The main thread's kernel: the driver's, where there is one. */
  readonly main: Kernel;
  readonly driver: SimulatedPlace | undefined;
  readonly accounting: Accounting;
  readonly #options: SimulatedNodeOptions;
  readonly #mainRealm: Realm;
  readonly #workers: Map<PlaceId, Realm> = new Map();
  readonly #gone = Promise.withResolvers<void>();

  constructor(options: SimulatedNodeOptions) {
    const { time, node, nodeId, random, network } = options;
    this.#options = options;
    this.node = node;
    this.nodeId = nodeId;
    this.resources = options.resources ?? {};
    this.isHead = options.storage !== undefined;
    this.realm = time.realm(this.isHead ? "head" : "system");
    this.#mainRealm = time.realm("main");
    this.accounting = Accounting.create(options.storeBytes);
    network.attach(this);
    this.system = new SystemNode({
      config: this.#config(),
      clock: this.realm,
      account: this.accounting.shared,
      host: {
        spawn: (_kind, place) => this.#spawn(place),
        stop: (place) => this.#stop(place),
        close: async () => {},
      },
      storage: options.storage?.(this.realm),
      url: this.isHead ? options.headUrl : `sim://${node}`,
      dial: (peer, events) => network.dial(this, options.reach(peer), events),
      channel: () => this.#pair() as unknown as [MessagePort, MessagePort],
      onEnd: (reason) => options.onEnd(reason),
      disk: new MemoryDisk(),
      // An import takes a turn of the runtime's own event loop, to which a simulation never returns.
      load: async () => bundles,
      random: random.next,
    });
    const [inner, outer] = this.#pair();
    const place = placeId(node, DRIVER_SLOT);
    this.system.link(place, inner.in(this.realm));
    const common = { place, realm: this.#mainRealm, port: outer, onFault: options.onFault, print: options.print };
    if (options.driver === true) {
      this.driver = new SimulatedPlace({ ...common, account: this.accounting.shared, functions: options.functions });
      this.main = this.driver.kernel;
    } else this.main = mainKernel(common);
    const cpus = Math.floor(this.resources["CPU"] ?? 0);
    for (let i = 0; i < Math.min(PRESTART_AT_MOST, cpus); i++) {
      const worker = placeId(node, FIRST_WORKER_SLOT + i);
      this.system.expectWorker(worker, { kind: "thread" as WorkerKind, environment: environmentKey(undefined) });
      void this.#spawn(worker);
    }
  }

  get alive(): boolean {
    return this.realm.alive;
  }

  /** Resolves when it has ended, in whatever way. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Its main thread's way to its own system actors. */
  get contract(): Remote<NodeContract> {
    return remoteContract<NodeContract>(this.main, this.system.kernel.place, ActorNumber.node);
  }

  /** Whether it stands still. */
  get frozen(): boolean {
    return this.realm.frozen;
  }

  /** The worker threads that are up or about to be. */
  get workers(): PlaceId[] {
    return [...this.#workers.keys()];
  }

  /** See `boot/system.ts`. */
  get takesLinks(): boolean {
    return !this.isHead || this.system.asHead().gcs.isSole;
  }

  accept(from: NodeNumber, link: Link): LinkEvents {
    return this.system.peerConnected(from, link);
  }

  /** A worker's thread ends at once. */
  crashWorker(place: PlaceId, exit: ExitWire = { code: 1 }): void {
    const realm = this.#workers.get(place);
    if (realm === undefined) return;
    realm.end();
    this.#workers.delete(place);
    this.#options.onWorkerEnd(place);
    this.#mainRealm.soon(() => void this.contract.exited(place, exit).catch(() => {}));
  }

  /** All its threads end at once. `silently`: its machine too, so that nobody is told that its links are gone. */
  crash(options: { silently?: boolean } = {}): void {
    if (!this.alive) return;
    for (const realm of this.#realms()) realm.end();
    this.#workers.clear();
    this.#options.network.gone(this.node, options);
    this.#gone.resolve();
  }

  /** All its threads stand still until they are to go on. */
  freeze(ms: number): void {
    this.#freeze([...this.#realms()], ms);
  }

  /** A worker's thread stands still, as in a long computation. */
  freezeWorker(place: PlaceId, ms: number): void {
    const realm = this.#workers.get(place);
    if (realm !== undefined) this.#freeze([realm], ms);
  }

  /** Leaves the cluster in good order. */
  async leave(): Promise<void> {
    await this.contract.shutdown();
    this.crash();
  }

  #freeze(realms: readonly Realm[], ms: number): void {
    for (const realm of realms) realm.freeze();
    this.#options.time.realm("scenario").after(ms, () => {
      for (const realm of realms) realm.thaw();
    });
  }

  *#realms(): Generator<Realm> {
    yield this.realm;
    yield this.#mainRealm;
    yield* this.#workers.values();
  }

  #pair(): [VirtualPort, VirtualPort] {
    const { random, threadLatencyMs, threadStallMs } = this.#options;
    return VirtualPort.pair({ random, latencyMs: threadLatencyMs, stallMs: threadStallMs });
  }

  #config(): NodeConfig {
    const { node, nodeId, headId, headUrl, returns, storeBytes, driver = false, labels } = this.#options;
    return {
      node,
      nodeId,
      listen: this.isHead && returns ? { host: "", port: 0, token: undefined } : undefined,
      takesWork: this.#options.takesWork ?? !driver,
      head: this.isHead ? undefined : { node: HEAD_NODE, nodeId: headId, url: headUrl },
      hasDriver: driver,
      jobId: driver ? `job-${node}` : "",
      namespace: driver ? `namespace-${node}` : "",
      resources: { ...this.resources, object_store_memory: storeBytes },
      labels: { "mobula.io/node-id": nodeId, ...labels },
      gpuIds: Array.from({ length: Math.ceil(this.resources["GPU"] ?? 0) }, (_, index) => String(index)),
      isolation: "thread",
      storage: "memory",
      spillDirectory: "",
      logToDriver: true,
      workerLimit: Math.max(8, 4 * Math.ceil(this.resources["CPU"] ?? 1)),
      environment: environmentKey(undefined),
      pid: node,
      runtime: "simulated",
    };
  }

  async #spawn(place: PlaceId): Promise<number> {
    const { time, random, workerStartMs, functions, onFault, print } = this.#options;
    const [inner, outer] = this.#pair();
    this.system.link(place, inner.in(this.realm));
    const realm = time.realm("worker");
    this.#workers.set(place, realm);
    realm.after(random.between(...workerStartMs), () => {
      const worker = new SimulatedPlace({ place, realm, port: outer, account: this.accounting.shared, functions, onFault, print });
      worker.hello().catch(onFault);
    });
    return this.node;
  }

  async #stop(place: PlaceId): Promise<boolean> {
    this.#workers.get(place)?.end();
    this.#workers.delete(place);
    this.#options.onWorkerEnd(place);
    return true;
  }
}

export function systemPlace(node: NodeNumber): PlaceId {
  return placeId(node, SYSTEM_SLOT);
}
