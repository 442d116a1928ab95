import { type BundlesContract, CallerOp, type GlobalSchedulerContract, STOPPED } from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Clock,
  type Kernel,
  type PlaceId,
  placeId,
  type Random,
  remoteContract,
  SYSTEM_SLOT,
  serve,
  systemRandom,
  toldContract,
  workerId,
} from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { ActorManager, type ActorSeats, ClusterSeats, recordOf } from "../actor_manager/mod.ts";
import { Membership } from "../cluster/mod.ts";
import { Gcs, KvService, PubSubService, type Storage } from "../gcs/mod.ts";
import { PlacementGroupManager } from "../placement_groups/mod.ts";
import { GlobalScheduler } from "../scheduler/mod.ts";
import { onceOpen, relaying } from "./gates.ts";
import { NodeViews } from "./node_views.ts";
import { Questions } from "./questions.ts";
import { StateService } from "./state_service.ts";

export interface HeadOptions {
  kernel: Kernel;
  clock: Clock;
  storage: Storage;
  /** Default: the system's. */
  random?: Random | undefined;
  /** The head's own node. */
  nodeId: string;
  seats: ActorSeats;
  available(): ResourceSet;
  template(owner: PlaceId, number: number): ActorTemplate | Promise<ActorTemplate>;
  whenHere(ids: readonly string[], action: () => void): void;
  hold(id: string, place: PlaceId): void;
  drop(id: string, place: PlaceId): void;
  isHeld(id: string): boolean;
  /** A template that was kept: its owner may be gone. */
  learn(template: ActorTemplate): void;
  /** Functions in the tables are had again. */
  restoreCode(): void;
  /** Whether other nodes can come to a head that takes over from this one. */
  returns: boolean;
  /** It has waited for another to be gone. */
  standby: boolean;
  /** Tells the driver or the log. */
  warn(text: string): void;
  end(reason: string): void;
}

/** The head's own actors, composed: the control store, the keepers of nodes, actors and placement groups, and the global scheduler. */
export class Head {
  readonly gcs: Gcs;
  readonly actors: ActorManager;
  readonly groups: PlacementGroupManager;
  readonly membership: Membership;
  readonly scheduler: GlobalScheduler;
  readonly state: StateService;
  /** Answers those who are no part of the cluster. */
  readonly questions: Questions;
  /** Resolves when the tables are filled. */
  readonly open: Promise<void>;
  readonly #options: HeadOptions;

  constructor(options: HeadOptions) {
    const { kernel, clock, warn } = options;
    this.#options = options;
    this.gcs = new Gcs({
      clock,
      storage: options.storage,
      onStorageFailure: (error) => warn(`${(error as Error).message} Until it takes them, changes are kept in memory alone.`),
    });
    this.open = this.gcs.recover().then(() => (this.#isOver() ? this.#end() : this.#begin()));
    const views = new NodeViews({
      nodes: this.gcs.nodes,
      own: options.nodeId,
      available: options.available,
      takesWork: (nodeId) => this.membership.takesWork(nodeId),
    });
    this.scheduler = new GlobalScheduler({
      nodes: () => views.all,
      numberOf: (nodeId) => this.membership.numberOf(nodeId),
      group: (id) => this.gcs.placementGroups.get(id),
      random: options.random ?? systemRandom,
      clock,
      incomplete: () => this.membership.incomplete,
      warn: (text, nodeId) => this.#tellDrivers(text, nodeId),
    });
    const seats = new ClusterSeats({
      kernel,
      own: options.seats,
      global: remoteContract<GlobalSchedulerContract>(kernel, kernel.place, ActorNumber.globalScheduler),
      alone: () => this.membership.alone,
      nodeIdOf: (node) => this.membership.nodeIdOf(node),
      numberOf: (nodeId) => this.membership.numberOf(nodeId),
    });
    const { template, whenHere, hold, drop, isHeld, learn } = options;
    this.actors = new ActorManager({ kernel, gcs: this.gcs, seats, clock, template, whenHere, hold, drop, isHeld, learn });
    this.groups = new PlacementGroupManager({
      gcs: this.gcs,
      scheduler: this.scheduler,
      node: (nodeId) => this.#bundlesOf(nodeId),
      nodeIds: () => this.gcs.nodes.live().flatMap(({ nodeId }) => (this.membership.takesWork(nodeId) ? [nodeId] : [])),
      incomplete: () => this.membership.incomplete,
      onFallout: (fallout) => this.actors.fallen(fallout),
      warn: (text, jobId) => this.#tellDrivers(text, jobId),
    });
    this.membership = new Membership({
      kernel,
      clock,
      gcs: this.gcs,
      open: this.open,
      joined: (nodeId) => {
        views.changed(nodeId);
        seats.nodeJoined();
        this.scheduler.changed();
        this.groups.nodeJoined();
      },
      reported: (nodeId) => {
        views.changed(nodeId);
        this.scheduler.reported(nodeId);
        this.groups.retry();
      },
      lasting: options.returns && this.gcs.lasting,
      returned: (nodeId, state) => {
        this.actors.succession.returned(nodeId, state);
        this.groups.returned(nodeId, state.groups);
      },
      complete: () => {
        this.actors.succession.complete();
        this.scheduler.changed();
        this.groups.complete();
      },
      vacate: (nodeId) => {
        this.groups.vacate(nodeId);
        this.actors.vacate(nodeId);
      },
      placeLost: (place, death) => this.#placeLost(place, death),
      nodeLost: (fallout, { node, nodeId }) => {
        views.gone();
        seats.nodeLost(node);
        this.actors.nodeLost(node);
        this.actors.fallen(fallout);
        this.groups.nodeLost(node, nodeId);
        this.groups.freed(fallout);
        this.groups.reschedule(fallout.reschedule);
        this.scheduler.nodeLost(nodeId);
      },
      unplaced: () => this.scheduler.unplaced(),
      waitingGroups: () => this.groups.waiting(),
      log: warn,
      endHead: options.end,
    });
    this.state = new StateService({
      gcs: this.gcs,
      clock,
      nodeId: options.nodeId,
      available: options.available,
      settle: () => this.membership.settle(),
    });
    this.questions = new Questions({ kernel, clock, gcs: this.gcs, open: this.open, state: this.state, membership: this.membership });
    kernel.register(ActorNumber.state, onceOpen(kernel, this.open, serve(kernel, this.state)));
    kernel.register(ActorNumber.cluster, serve(kernel, this.membership));
    kernel.register(ActorNumber.actors, onceOpen(kernel, this.open, serve(kernel, this.actors, relaying(this.actors))));
    // They decide by the tables, which are not filled before that.
    kernel.register(ActorNumber.globalScheduler, onceOpen(kernel, this.open, serve(kernel, this.scheduler)));
    kernel.register(ActorNumber.placementGroups, onceOpen(kernel, this.open, serve(kernel, this.groups)));
    kernel.register(ActorNumber.kv, onceOpen(kernel, this.open, serve(kernel, new KvService(this.gcs))));
    const publisher = new PubSubService({ kernel, pubsub: this.gcs.pubsub, isDead: (node) => this.gcs.nodes.isGone(node) });
    kernel.register(ActorNumber.pubsub, onceOpen(kernel, this.open, serve(kernel, publisher)));
    // Two heads that decide for one cluster would each be wrong.
    void options.storage.lease?.lost.then((error) => options.end(error.message));
  }

  /** The cluster for which this head stood by was stopped. */
  #isOver(): boolean {
    const { standby, storage } = this.#options;
    return standby && this.gcs.wasStopped && storage.lease?.inherited === true;
  }

  #end(): Promise<never> {
    this.#options.end(STOPPED);
    return new Promise(() => {});
  }

  /** Goes on where the head before has ended, as far as its tables tell. */
  #begin(): void {
    const { nodeId, returns } = this.#options;
    this.gcs.markStopped(false);
    const fallout = this.gcs.begun(nodeId, returns);
    if (returns) {
      this.actors.succession.restore();
      this.#options.restoreCode();
    }
    this.actors.fallen(fallout);
    this.groups.freed(fallout);
    this.groups.restore();
    this.membership.expect(this.gcs.nodes.live().flatMap((node) => (node.nodeId === nodeId ? [] : [node.nodeId])));
    this.actors.succession.resume(fallout.restarting);
  }

  /** Resources of the head's own node may have become free. */
  scheduled(): void {
    this.groups.retry();
  }

  /** Ends what the job of a driver made, but for what is detached. */
  endJob(jobId: string): void {
    this.gcs.endJob(jobId, { status: "SUCCEEDED" });
  }

  /** Storage that does not take the last changes is told of, and closed all the same. */
  async close(): Promise<void> {
    this.membership.close();
    await this.gcs.close().catch((error: Error) => this.#options.warn(`the last changes were not kept: ${error.message}`));
  }

  /** The drivers whose work it is about read it; where there is none, whoever reads what this node prints. */
  #tellDrivers(text: string, of: string): void {
    const { kernel, warn } = this.#options;
    const drivers = this.membership.drivers(of);
    for (const driver of drivers) kernel.send(driver, [ActorNumber.caller, CallerOp.print, "stderr", `mobula: ${text}`]);
    if (drivers.length === 0) warn(text);
  }

  #placeLost(place: PlaceId, death: Death): void {
    const record = recordOf(death);
    this.gcs.workers.end(workerId(place), record);
    const fallout = this.gcs.placeLost(place, record);
    this.actors.placeLost(place);
    this.actors.fallen(fallout);
    this.groups.placeLost(place);
    this.groups.freed(fallout);
  }

  #bundlesOf(nodeId: string): ReturnType<ConstructorParameters<typeof PlacementGroupManager>[0]["node"]> {
    const node = this.membership.numberOf(nodeId);
    if (node === undefined) return undefined;
    const { kernel } = this.#options;
    const place = placeId(node, SYSTEM_SLOT);
    return {
      ask: remoteContract<BundlesContract>(kernel, place, ActorNumber.bundles),
      tell: toldContract<BundlesContract>(kernel, place, ActorNumber.bundles),
    };
  }
}
