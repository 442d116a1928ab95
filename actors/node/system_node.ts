import { type Frame, type Link, messagePortLink } from "../../net/mod.ts";
import {
  type BundlesContract,
  CallerOp,
  type ExitWire,
  type GlobalSchedulerContract,
  type NodeContract,
  type PlaceContract,
  type Welcome,
} from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Caller,
  type Clock,
  DRIVER_SLOT,
  FIRST_WORKER_SLOT,
  Kernel,
  type PlaceId,
  placeId,
  remoteContract,
  SYSTEM_SLOT,
  serve,
  systemRandom,
  toldContract,
  workerId,
} from "../../runtime/kernel/mod.ts";
import { Accounting } from "../../runtime/memory/mod.ts";
import { faultWire } from "../../runtime/place/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { decodeValue } from "../../runtime/values/mod.ts";
import { ActorManager, ActorSeats } from "../actor_manager/mod.ts";
import { FunctionDirectory } from "../functions/mod.ts";
import { Gcs, type StateKind, type Storage, timeline } from "../gcs/mod.ts";
import { WorkerLogs } from "../logs/mod.ts";
import { FileDisk, ObjectsActor } from "../objects/mod.ts";
import { PlacementGroupManager } from "../placement_groups/mod.ts";
import {
  Admission,
  BundleHolder,
  Bundles,
  GlobalScheduler,
  LocalScheduler,
  NodeResources,
  type NodeView,
  type WorkerKind,
} from "../scheduler/mod.ts";
import { type HostControl, WorkerPool } from "../workers/mod.ts";
import { deathRecord, encodeDeath } from "./death_wire.ts";
import { readEventRows } from "./event_rows.ts";
import { onceOpen, relaying } from "./gates.ts";
import type { NodeConfig } from "./node_config.ts";
import { stuckText, unstartableError } from "./notices.ts";

export interface SystemNodeOptions {
  config: NodeConfig;
  clock: Clock;
  account: SharedArrayBuffer;
  host: HostControl;
  storage: Storage;
  /** Makes the two ends of a link between two threads. */
  channel(): [MessagePort, MessagePort];
}

/** A node's system worker: the system actors, composed and wired. */
export class SystemNode implements NodeContract {
  readonly kernel: Kernel;
  readonly #config: NodeConfig;
  readonly #options: SystemNodeOptions;
  readonly #gcs: Gcs;
  readonly #functions: FunctionDirectory = new FunctionDirectory();
  readonly #objects: ObjectsActor;
  readonly #scheduler: LocalScheduler;
  readonly #pool: WorkerPool;
  readonly #actors: ActorManager;
  readonly #seats: ActorSeats;
  readonly #resources: NodeResources;
  readonly #groups: PlacementGroupManager;
  readonly #logs: WorkerLogs;
  readonly #driver: PlaceId;
  /** The places of this node. */
  readonly #linked: Set<PlaceId> = new Set();
  /** Those of them that are threads, which can have links of their own to each other. */
  readonly #threads: Set<PlaceId> = new Set();
  readonly #started: Promise<void>;
  readonly #connected: Set<string> = new Set();

  constructor(options: SystemNodeOptions) {
    const { config, clock } = options;
    this.#options = options;
    this.#config = config;
    this.#driver = placeId(config.node, DRIVER_SLOT);
    this.kernel = new Kernel({
      place: placeId(config.node, SYSTEM_SLOT),
      faults: faultWire,
      onFault: (error) => this.#complain(error),
    });
    const { kernel } = this;
    this.#gcs = new Gcs({ clock, storage: options.storage });
    this.#logs = new WorkerLogs({
      clock,
      toDriver: config.logToDriver,
      print: (stream, line) => this.#print(stream, line),
    });
    const resources = new NodeResources(ResourceSet.from(config.resources));
    this.#resources = resources;
    const bundles = new Bundles(resources);
    const admission = new Admission({
      nodeId: config.nodeId,
      resources,
      bundles,
      global: remoteContract<GlobalSchedulerContract>(kernel, kernel.place, ActorNumber.globalScheduler),
      changed: () => this.#scheduler.wake(),
      spill: ({ placement }, nodeId) =>
        this.#complain(new Error(`${placement.kind} ${placement.name} was placed on node ${nodeId}, which this release cannot reach`)),
    });
    this.#pool = new WorkerPool({
      host: options.host,
      clock,
      nodeId: config.nodeId,
      firstPlace: placeId(config.node, FIRST_WORKER_SLOT),
      limit: config.workerLimit,
      lastLogs: (place) => this.#logs.lastOf(place),
      onReady: (place, kind, environment) => this.#scheduler.workerReady(place, kind, environment),
      onLost: (place, death) => this.#placeLost(place, death),
      onUnstartable: (kind, environment, death) => this.#scheduler.unstartable(kind, environment, unstartableError(environment, death)),
      onStuck: (place) => this.#warn(stuckText(workerId(place))),
    });
    this.#objects = new ObjectsActor({
      kernel,
      clock,
      accounting: new Accounting(options.account),
      disk: new FileDisk(config.spillDirectory),
      onActorReleased: (id) => this.#actors.outOfScope(id),
    });
    this.#scheduler = new LocalScheduler({
      kernel,
      clock,
      resources,
      admission,
      isolation: config.isolation,
      template: (owner, number) => this.#functions.taskTemplate(owner, number),
      whenPublished: (owner, number, action) => this.#functions.whenPublished(owner, number, action),
      whenHere: (ids, action) => this.#objects.whenHere(ids, action),
      places: () => this.#linked,
      workers: {
        request: (kind, environment, waiting) => this.#pool.request(kind, environment, waiting),
        kill: (place, detail) => this.#pool.kill(place, detail),
        retire: (place) => this.#pool.retire(place),
      },
      scheduled: () => {
        this.#seats.retry();
        this.#groups.retry();
      },
    });
    this.#seats = new ActorSeats({
      scheduler: this.#scheduler,
      admission,
      pool: this.#pool,
      isolation: config.isolation,
      sharedHosts: Math.max(1, Math.min(4, Math.floor(config.resources["CPU"] ?? 1))),
    });
    this.#actors = new ActorManager({
      kernel,
      gcs: this.#gcs,
      seats: this.#seats,
      clock,
      jobId: config.jobId,
      namespace: config.namespace,
      template: (owner, number) =>
        this.#functions.template({ from: owner, attachments: [] }, owner, number) as ActorTemplate | Promise<ActorTemplate>,
      whenHere: (ids, action) => void this.#objects.whenHere(ids, action),
      hold: (id, place) => this.#objects.holdAs(id, place),
      drop: (id, place) => this.#objects.dropAs(id, place),
    });
    const global = new GlobalScheduler({
      nodes: () => this.#nodeViews(),
      group: (id) => this.#gcs.placementGroups.get(id),
      random: systemRandom,
      warn: (text) => this.#warn(text),
    });
    const here = {
      ask: remoteContract<BundlesContract>(kernel, kernel.place, ActorNumber.bundles),
      tell: toldContract<BundlesContract>(kernel, kernel.place, ActorNumber.bundles),
    };
    this.#groups = new PlacementGroupManager({
      gcs: this.#gcs,
      scheduler: global,
      jobId: config.jobId,
      node: (nodeId) => (nodeId === config.nodeId ? here : undefined),
      nodeIds: () => [config.nodeId],
      onFallout: (fallout, death) => this.#actors.fallen(fallout, death),
      warn: (text) => this.#warn(text),
    });
    kernel.register(ActorNumber.bundles, serve(kernel, new BundleHolder(bundles, this.#scheduler)));
    kernel.register(ActorNumber.gcs, serve(kernel, this.#functions));
    kernel.register(ActorNumber.localScheduler, this.#scheduler);
    kernel.register(ActorNumber.objects, serve(kernel, this.#objects));
    kernel.register(ActorNumber.actors, serve(kernel, this.#actors, relaying(this.#actors)));
    kernel.register(ActorNumber.node, serve(kernel, this));
    this.#started = this.#start();
    // They decide by the tables, which are not filled before that.
    kernel.register(ActorNumber.globalScheduler, onceOpen(this.#started, serve(kernel, global)));
    kernel.register(ActorNumber.placementGroups, onceOpen(this.#started, serve(kernel, this.#groups)));
  }

  /** Takes in a thread's link. Workers are known to the pool already, or started by it. */
  link(place: PlaceId, port: MessagePort): void {
    const events = { onFrame: (frame: Frame) => this.kernel.receive(frame) };
    const link = messagePortLink(port, events);
    link.keepAlive(true);
    this.kernel.connect(place, link);
    this.#linked.add(place);
    this.#threads.add(place);
  }

  /** Takes in the link of a child process that the pool has started. */
  linkProcess(place: PlaceId, link: Link): void {
    this.kernel.connect(place, link);
    this.#linked.add(place);
  }

  /** A child process has lost its link: most often its death is told next. */
  processUnlinked(place: PlaceId, reason: string): void {
    this.#options.clock.after(UNLINKED_GRACE_MS, () => this.#pool.kill(place, `its link broke: ${reason}`, "disconnected"));
  }

  /** A worker that the host started before this one was up. */
  expectWorker(place: PlaceId, kind: WorkerKind): void {
    this.#pool.expect(place, { kind, environment: "null", pid: this.#config.pid });
  }

  async hello(caller: Caller): Promise<Welcome> {
    await this.#started;
    if (caller.from !== this.#driver) {
      const pid = this.#pool.pidOf(caller.from) ?? this.#config.pid;
      this.#gcs.workers.report({
        workerId: workerId(caller.from),
        nodeId: this.#config.nodeId,
        kind: "task",
        state: "IDLE",
        place: caller.from,
        pid,
      });
      this.#pool.ready(caller.from);
    }
    const { nodeId, jobId, namespace, labels } = this.#config;
    return { nodeId, jobId, namespace, labels };
  }

  connect(caller: Caller, place: PlaceId): void {
    const { from } = caller;
    if (from === place || !this.#threads.has(place) || !this.#threads.has(from)) return;
    const pair = from < place ? `${from}-${place}` : `${place}-${from}`;
    if (this.#connected.has(pair)) return;
    this.#connected.add(pair);
    const [one, other] = this.#options.channel();
    this.kernel.send(from, [ActorNumber.kernel, "link", place, this.kernel.attach(from, one)]);
    this.kernel.send(place, [ActorNumber.kernel, "link", from, this.kernel.attach(place, other)]);
  }

  log(caller: Caller, stream: "stdout" | "stderr", label: string, text: string): void {
    this.#logs.add(
      caller.from,
      stream,
      text.split("\n").map((line) => ({ label, line })),
    );
  }

  output(_caller: Caller, place: PlaceId, stream: "stdout" | "stderr", lines: readonly (readonly [label: string, line: string])[]): void {
    this.#logs.add(
      place,
      stream,
      lines.map(([label, line]) => ({ label: label || "process", line })),
    );
  }

  ending(caller: Caller, exit: ExitWire): void {
    this.#pool.lastWords(caller.from, {
      exitCode: exit.code,
      error: exit.error === undefined ? undefined : decodeValue(exit.error),
    });
  }

  exited(_caller: Caller, place: PlaceId, exit: ExitWire): void {
    const error = exit.error === undefined ? undefined : decodeValue(exit.error);
    // Its own last words may still be on their way on its own link.
    this.#options.clock.after(5, () =>
      this.#pool.exited(place, { code: exit.code, signal: exit.signal, error, outOfMemory: exit.outOfMemory === true }),
    );
  }

  events(_caller: Caller, rows: Uint8Array, dropped: number): void {
    const nameOf = (owner: PlaceId, template: number): string => this.#functions.anyTemplate(owner, template)?.name ?? "task";
    this.#gcs.tasks.record(readEventRows(rows, { nodeId: this.#config.nodeId, nameOf }), dropped);
  }

  nodes(): Record<string, unknown>[] {
    return [...this.#gcs.nodes.rows()].map((row) => this.#describeNode(row.nodeId));
  }

  state(_caller: Caller, query: { kind: string; id?: string; limit?: number }): unknown {
    if (query.id !== undefined) return this.#gcs.state.get(query.kind as StateKind, query.id);
    return this.#gcs.state.list(query.kind as StateKind, query.limit === undefined ? {} : { limit: query.limit });
  }

  async timeline(): Promise<unknown[]> {
    await this.#settle();
    return timeline(this.#gcs.tasks.rows(), { nowMs: this.#options.clock.now() }) as unknown[];
  }

  async shutdown(): Promise<void> {
    await this.#settle();
    this.#pool.close();
    const { host } = this.#options;
    const processes = this.#pool.list().filter(({ kind }) => kind === "process");
    await Promise.all(processes.map(({ place }) => host.stop(place, false).catch(() => {})));
    await host.close();
    this.#logs.flush();
    this.#gcs.endJob(this.#config.jobId, { status: "SUCCEEDED" });
    await this.#objects.close();
    await this.#gcs.close();
    this.kernel.flush();
  }

  /** Waits until all that the workers have to tell has come, but not for those that are busy. */
  async #settle(): Promise<void> {
    const settled = [...this.#pool.places()].map((place) =>
      remoteContract<PlaceContract>(this.kernel, place, ActorNumber.place)
        .settle()
        .catch(() => {}),
    );
    if (settled.length === 0) return;
    const patience = new Promise<void>((resolve) => void this.#options.clock.after(SETTLE_MS, resolve));
    await Promise.race([Promise.all(settled), patience]);
  }

  async #start(): Promise<void> {
    await this.#gcs.recover();
    const { nodeId, resources, labels, jobId, namespace, pid, runtime } = this.#config;
    this.#gcs.nodes.register({ nodeId, address: "local", resources, labels, head: true, pid, runtime });
    this.#gcs.jobs.add({ jobId, namespace, nodeId, driver: this.#driver, pid });
  }

  #describeNode(nodeId: string): Record<string, unknown> {
    const row = this.#gcs.nodes.get(nodeId);
    const { resources, labels } = this.#config;
    return { nodeId, alive: row?.state === "ALIVE", state: row?.state, resources, labels, pid: this.#config.pid };
  }

  #placeLost(place: PlaceId, death: Death): void {
    this.#linked.delete(place);
    this.#threads.delete(place);
    for (const pair of [...this.#connected]) if (pair.split("-").includes(String(place))) this.#connected.delete(pair);
    const encoded = encodeDeath(death);
    this.#scheduler.workerLost(place, encoded);
    this.#gcs.workers.end(workerId(place), deathRecord(death));
    this.#seats.placeLost(place);
    this.#actors.placeLost(place, death);
    this.#objects.placeLost(place);
    this.#functions.dropOwner(place);
    this.#options.clock.after(100, () => {
      this.kernel.disconnect(place);
      this.#logs.forget(place);
    });
  }

  /** The node table as schedulers see it; of this node, what is free at this moment. */
  #nodeViews(): NodeView[] {
    return this.#gcs.nodes.live().map(({ nodeId, state, labels, total, available }) => ({
      nodeId,
      labels,
      total: nodeId === this.#config.nodeId ? this.#resources.total : ResourceSet.from(total),
      available: nodeId === this.#config.nodeId ? this.#resources.available : ResourceSet.from(available),
      alive: true,
      draining: state === "DRAINING",
    }));
  }

  #warn(text: string): void {
    this.#print("stderr", `mobula: ${text}`);
  }

  #print(stream: "stdout" | "stderr", line: string): void {
    this.kernel.send(this.#driver, [ActorNumber.caller, CallerOp.print, stream, line]);
  }

  #complain(error: unknown): void {
    this.#print("stderr", `mobula: a system actor failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** How long after its link a child process may take to end. */
const UNLINKED_GRACE_MS = 1_000;
/** How long workers may take to tell what they have to tell. */
const SETTLE_MS = 200;
