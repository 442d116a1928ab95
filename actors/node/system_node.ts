import { join, resolve } from "node:path";
import type { Link, LinkEvents } from "../../net/mod.ts";
import {
  CallerOp,
  CONTRACT_SHAPES,
  ExecutorOp,
  type ExitWire,
  type GlobalSchedulerContract,
  type NodeContract,
  type Welcome,
} from "../../runtime/contracts/mod.ts";
import { type Death, NodeDiedError } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Caller,
  DRIVER_SLOT,
  FIRST_WORKER_SLOT,
  HEAD_PLACE,
  Kernel,
  type NodeNumber,
  type PlaceId,
  placeId,
  remoteContract,
  SYSTEM_SLOT,
  serve,
  workerId,
} from "../../runtime/kernel/mod.ts";
import { Accounting } from "../../runtime/memory/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { decodeError, decodeValue, faultWire } from "../../runtime/values/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";
import { ActorSeats, SeatsActor } from "../actor_manager/mod.ts";
import { FunctionDirectory } from "../functions/mod.ts";
import { Head } from "../head/mod.ts";
import { WorkerLogs } from "../logs/mod.ts";
import type { MemoryMonitor } from "../memory_monitor/mod.ts";
import { FileDisk, ObjectsActor } from "../objects/mod.ts";
import { AcceleratorIds, Admission, BundleHolder, Bundles, LocalScheduler, NodeResources, type WorkerKind } from "../scheduler/mod.ts";
import { WorkerPool } from "../workers/mod.ts";
import { ClusterPart } from "./cluster_part.ts";
import { encodeDeath } from "./death_wire.ts";
import { bytesByNode } from "./locality.ts";
import type { NodeConfig } from "./node_config.ts";
import { stuckText, unstartableError } from "./notices.ts";
import { OwnerNews } from "./owner_news.ts";
import { PlaceLinks } from "./place_links.ts";
import { settlePlaces } from "./settle_places.ts";
import { Succession } from "./succession.ts";
import type { SystemNodeOptions } from "./system_node_options.ts";
import { watchMemory } from "./watch_memory.ts";

/** A node's system worker: the system actors, composed and wired. */
export class SystemNode implements NodeContract {
  readonly kernel: Kernel;
  readonly #config: NodeConfig;
  readonly #options: SystemNodeOptions;
  readonly #head: Head | undefined;
  readonly #cluster: ClusterPart;
  readonly #links: PlaceLinks;
  readonly #functions: FunctionDirectory;
  readonly #objects: ObjectsActor;
  readonly #owners: OwnerNews;
  readonly #scheduler: LocalScheduler;
  readonly #pool: WorkerPool;
  readonly #seats: ActorSeats;
  readonly #logs: WorkerLogs;
  readonly #memory: MemoryMonitor | undefined;
  readonly #succession: Succession;
  readonly #driver: PlaceId;
  readonly #started: Promise<void>;

  constructor(options: SystemNodeOptions) {
    const { config, clock, url, dial, onEnd, storage, load } = options;
    this.#options = options;
    this.#config = config;
    this.#driver = placeId(config.node, DRIVER_SLOT);
    this.kernel = new Kernel({
      place: placeId(config.node, SYSTEM_SLOT),
      alias: config.head === undefined ? HEAD_PLACE : undefined,
      faults: faultWire,
      shapes: CONTRACT_SHAPES,
      onFault: (error) => this.#complain(error),
      route: (node) => this.#cluster.linkTo(node),
    });
    const { kernel } = this;
    this.#functions = new FunctionDirectory({
      kernel,
      nodeId: config.nodeId,
      bundles: { folder: join(config.spillDirectory, "bundles"), workingFolder: resolve() },
      alone: config.listen === undefined,
      eager: !config.takesWork,
      load,
      gcs: () => this.#head?.gcs,
    });
    this.#links = new PlaceLinks(kernel, options.channel);
    this.#cluster = new ClusterPart({
      config,
      kernel,
      clock,
      url,
      dial,
      onEnd,
      head: () => this.#head,
      available: () => this.#scheduler.available,
      pending: () => this.#scheduler.pending().map(({ name, demand, waiting }) => ({ name, resources: demand.toObject(), waiting })),
      placeLost: (place, death) => this.#foreignPlaceLost(place, death),
      nodeLost: (node, death) => this.#nodeLost(node, death),
      settle: () => this.#settle(),
      drain: () => this.#scheduler.drain(),
      draining: (node) => this.#scheduler.closedTo(node),
      evacuate: async (targets) => (await this.#objects.evacuate(targets)) + this.#scheduler.running().length,
      succession: () => this.#succession,
      warn: (text) => this.warn(text),
    });
    this.#logs = new WorkerLogs({
      clock,
      toDriver: config.logToDriver,
      print: (stream, line, jobId) => this.#print(stream, line, jobId),
    });
    const resources = new NodeResources(ResourceSet.from(config.resources));
    const accelerators = new AcceleratorIds(config.gpuIds);
    const bundles = new Bundles(resources);
    const globalScheduler = remoteContract<GlobalSchedulerContract>(kernel, HEAD_PLACE, ActorNumber.globalScheduler);
    const admission = new Admission({
      nodeId: config.nodeId,
      takesWork: config.takesWork,
      resources,
      bundles,
      global: globalScheduler,
      changed: () => this.#scheduler.wake(),
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
      startError: unstartableError,
      onStuck: (place) => this.warn(stuckText(workerId(place))),
    });
    this.#owners = new OwnerNews(kernel);
    this.#objects = new ObjectsActor({
      kernel,
      clock,
      accounting: new Accounting(options.account),
      disk: options.disk ?? new FileDisk(config.spillDirectory),
      onActorReleased: (id) => this.#head?.actors.outOfScope(id),
      owners: this.#owners,
      onSources: (nodes) => this.#cluster.expectBulk(nodes),
      stale: options.stale,
    });
    const locality = bytesByNode(this.#objects, (node) => this.#cluster.nodeIdOf(node));
    this.#scheduler = new LocalScheduler({
      kernel,
      clock,
      resources,
      accelerators,
      admission,
      isolation: config.isolation,
      spillover: { nodeId: config.nodeId, global: globalScheduler, alone: () => this.#cluster.alone, bytesByNode: locality },
      template: (owner, number) => this.#functions.taskTemplate(owner, number),
      whenPublished: (owner, number, action) => this.#functions.whenPublished(owner, number, action),
      whenHere: (ids, action) => this.#objects.whenHere(ids, action),
      whenAvailable: (ids, action) => this.#objects.whenAvailable(ids, action),
      places: () => this.#links.places,
      workers: {
        request: (kind, environment, waiting) => this.#pool.request(kind, environment, waiting),
        kill: (place, detail) => this.#pool.kill(place, detail),
        retire: (place) => this.#pool.retire(place),
      },
      scheduled: () => {
        this.#seats.retry();
        this.#head?.scheduled();
        this.#cluster.changed();
      },
    });
    this.#seats = new ActorSeats({
      scheduler: this.#scheduler,
      admission,
      pool: this.#pool,
      accelerators,
      equip: (place, id, { ids, alone }) => kernel.send(place, [ActorNumber.executor, ExecutorOp.accelerators, id, ids, alone]),
      clock,
      hosted: (place) => remoteContract<HostContract>(kernel, place, ActorNumber.executor).hosted(),
      isolation: config.isolation,
      sharedHosts: Math.max(1, Math.min(4, Math.floor(config.resources["CPU"] ?? 1))),
    });
    const actorTemplate = (owner: PlaceId, number: number): ActorTemplate | Promise<ActorTemplate> =>
      this.#functions.template({ from: owner, attachments: [] }, owner, number) as ActorTemplate;
    this.#head =
      storage &&
      new Head({
        kernel,
        clock,
        storage,
        random: options.random,
        nodeId: config.nodeId,
        seats: this.#seats,
        available: () => this.#scheduler.available,
        template: actorTemplate,
        whenHere: (ids, action) => void this.#objects.whenHere(ids, action),
        hold: (id, place) => this.#objects.holdAs(id, place),
        drop: (id, place) => this.#objects.dropAs(id, place),
        isHeld: (id) => this.#objects.isHeld(id),
        learn: (known) => this.#functions.publish({ from: known.owner, attachments: [] }, known),
        restoreCode: () => this.#functions.restore(),
        returns: config.listen !== undefined,
        standby: config.standby === true,
        warn: (text) => this.warn(text),
        end: (reason) => options.onEnd(reason),
      });
    if (this.#head) this.#head.gcs.functions.onReleased = (jobId, dropped) => this.#functions.jobReleased(jobId, dropped);
    this.#memory = watchMemory({
      memory: config.takesWork ? options.memory : undefined,
      clock,
      nodeId: config.nodeId,
      scheduler: this.#scheduler,
      seats: this.#seats,
      pool: this.#pool,
      warn: (text) => this.warn(text),
    });
    kernel.register(ActorNumber.bundles, serve(kernel, new BundleHolder(bundles, this.#scheduler)));
    kernel.register(ActorNumber.gcs, serve(kernel, this.#functions));
    kernel.register(ActorNumber.localScheduler, this.#scheduler);
    kernel.register(ActorNumber.objects, serve(kernel, this.#objects));
    const seatsActor = new SeatsActor(this.#seats, actorTemplate);
    const lives = { objects: this.#objects, pool: this.#pool, seats: this.#seats, seatsActor, bundles };
    this.#succession = new Succession({ kernel, clock, places: () => this.#links.places, ...lives });
    kernel.register(ActorNumber.seats, serve(kernel, seatsActor));
    kernel.register(ActorNumber.node, serve(kernel, this));
    this.#started = this.#cluster.join();
    // Whoever says hello hears of it.
    this.#started.catch(() => {});
  }

  /** Another node has opened a link to this one. Returns what its socket's events go to. */
  peerConnected(node: NodeNumber, link: Link): LinkEvents {
    return this.#cluster.connected(node, link);
  }

  /** A number for a node that is about to join. Asked of the head. */
  async admit(): Promise<{ node: NodeNumber; nodeId: string }> {
    if (this.#head === undefined) throw new Error("this node is not the head: join where the head listens");
    return { node: await this.#head.membership.admit(), nodeId: this.#config.nodeId };
  }

  /** The head's own actors, for those who ask about the cluster. @throws Error on another node */
  asHead(): Head {
    if (this.#head === undefined) throw new Error("this node is not the head: ask where the head listens");
    return this.#head;
  }

  /** Tells the driver, or whoever reads what this process prints. */
  warn(text: string): void {
    this.#print("stderr", `mobula: ${text}`);
  }

  /** Takes in a thread's link. Workers are known to the pool already, or started by it. */
  link(place: PlaceId, port: MessagePort): void {
    this.#links.thread(place, port);
  }

  /** Takes in the link of a child process that the pool has started. */
  linkProcess(place: PlaceId, link: Link): void {
    this.#links.process(place, link);
  }

  /** A child process has lost its link: most often its death is told next. */
  processUnlinked(place: PlaceId, reason: string): void {
    this.#options.clock.after(UNLINKED_GRACE_MS, () => this.#pool.kill(place, `its link broke: ${reason}`, "disconnected"));
  }

  /** A worker that the host started before this one was up. */
  expectWorker(place: PlaceId, { kind, environment }: { kind: WorkerKind; environment: string }): void {
    this.#pool.expect(place, { kind, environment, pid: this.#config.pid });
  }

  async hello(caller: Caller, current?: number): Promise<Welcome> {
    await this.#started;
    if (caller.from !== this.#driver) {
      this.#cluster.head.workerUp({ place: caller.from, pid: this.#pool.pidOf(caller.from) ?? this.#config.pid });
      this.#pool.ready(caller.from);
      const buffer = current === undefined ? undefined : caller.attachments[current];
      if (buffer instanceof SharedArrayBuffer) this.#scheduler.canSee(caller.from, buffer);
    }
    const { nodeId, jobId, namespace, labels } = this.#config;
    return { nodeId, jobId, namespace, labels, url: this.#options.url };
  }

  connect(caller: Caller, place: PlaceId): void {
    this.#links.connect(caller.from, place);
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
      error: exit.error === undefined ? undefined : decodeError(exit.error),
    });
  }

  exited(_caller: Caller, place: PlaceId, exit: ExitWire): void {
    const error = exit.error === undefined ? undefined : decodeError(exit.error);
    this.#pool.exited(place, { code: exit.code, signal: exit.signal, error, outOfMemory: exit.outOfMemory === true });
  }

  ran(_caller: Caller, names: readonly string[], rows: Uint8Array, dropped: number): void {
    this.#cluster.head.ran(names, rows, dropped);
  }

  async shutdown(): Promise<void> {
    this.#cluster.ending();
    this.#memory?.close();
    await this.#settle();
    this.#pool.close();
    const { host } = this.#options;
    const processes = this.#pool.list().flatMap(({ kind, place }) => (kind === "process" ? [host.stop(place, false)] : []));
    await Promise.allSettled(processes);
    this.#logs.flush();
    await this.#cluster.leave();
    await host.close();
    this.#head?.endJob(this.#config.jobId);
    await this.#objects.close();
    await this.#head?.close();
    this.kernel.flush();
    this.#cluster.close();
  }

  /** Waits until all that the workers have to tell has come, but not for those that are busy. */
  async #settle(): Promise<void> {
    await settlePlaces(this.#pool.places(), { kernel: this.kernel, clock: this.#options.clock });
  }

  /** A place of another node is gone. */
  #foreignPlaceLost(place: PlaceId, death: Uint8Array): void {
    this.#scheduler.ownerLost(place);
    this.#functions.dropOwner(place);
    this.kernel.disconnect(place, decodeValue(death));
  }

  #nodeLost(node: NodeNumber, encoded: Uint8Array): void {
    const death = decodeValue(encoded) as Death;
    // Owners hear first what is lost, and then try again what was under way there: the new results are not the lost ones.
    this.#objects.nodeLost(placeId(node, SYSTEM_SLOT), death);
    this.#owners.flush();
    this.#scheduler.nodeLost(node, encoded);
    this.#functions.nodeLost(node);
    this.kernel.disconnectNode(node, new NodeDiedError({ death }));
  }

  #placeLost(place: PlaceId, death: Death): void {
    this.#links.lost(place);
    const encoded = encodeDeath(death);
    this.#scheduler.workerLost(place, encoded);
    this.#seats.placeLost(place);
    this.#cluster.placeLost(place, encoded);
    this.#objects.placeLost(place, death);
    this.#functions.dropOwner(place);
    this.#options.clock.after(100, () => {
      this.kernel.disconnect(place);
      this.#logs.forget(place);
    });
  }

  /** To the driver of the job, which may be on another node; else to this node's main thread. */
  #print(stream: "stdout" | "stderr", line: string, jobId = ""): void {
    this.kernel.send(this.#cluster.driverOf(jobId) ?? this.#driver, [ActorNumber.caller, CallerOp.print, stream, line]);
  }

  #complain(error: unknown): void {
    this.#print("stderr", `mobula: a system actor failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** How long after its link a child process may take to end. */
const UNLINKED_GRACE_MS = 1_000;
