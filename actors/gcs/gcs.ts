import { type Clock, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorInfo, ActorSpec } from "./actor_record.ts";
import { type ActorLoss, type ActorRegistration, ActorTable } from "./actor_table.ts";
import { BundleTable } from "./bundle_table.ts";
import { Counters } from "./counters.ts";
import { type DeathRecord, lossCode } from "./death.ts";
import { ErrorTable } from "./error_table.ts";
import { type Fallout, noFallout } from "./fallout.ts";
import { FunctionTable } from "./function_table.ts";
import { Interner } from "./interner.ts";
import type { JobInfo } from "./job_record.ts";
import { type JobEnd, JobTable } from "./job_table.ts";
import { Journal } from "./journal.ts";
import { KvTable } from "./kv_table.ts";
import { type GcsLimits, gcsLimits } from "./limits.ts";
import type { NodeSpec } from "./node_record.ts";
import { type NodeRegistration, NodeTable } from "./node_table.ts";
import type { PlacementGroupSpec } from "./placement_group_record.ts";
import { type PlacementGroupRegistration, PlacementGroupTable } from "./placement_group_table.ts";
import { PubSub } from "./pubsub.ts";
import { recoverTables } from "./recovery.ts";
import { StateApi } from "./state_api.ts";
import { type Storage, StorageError } from "./storage/mod.ts";
import type { TableContext } from "./table_context.ts";
import { TaskEvents } from "./task_events.ts";
import { WorkerTable } from "./worker_table.ts";

export interface GcsOptions {
  /** Milliseconds since the Unix epoch. Without `after`, what storage refused waits for the next change or `flush`. */
  readonly clock: Pick<Clock, "now"> & Partial<Pick<Clock, "after">>;
  /** Where what must outlive the store is kept; the store owns it, and closes it in `close`. */
  readonly storage: Storage;
  readonly limits?: Partial<GcsLimits>;
  /** A subscriber's queue has become non-empty: drain it. */
  readonly onNotices?: (subscriber: PlaceId) => void;
  /** Storage has refused a batch; told once until it takes one again. The changes are kept and tried again. */
  readonly onStorageFailure?: (error: unknown) => void;
}

/** A registration that its job refused: it has ended, or was never known. */
export interface JobRefusal {
  readonly outcome: "no_job";
}

/**
 * The global control store: what the cluster knows of itself. Tables hold one kind each, and their methods
 * touch that kind alone; the methods here are for what touches several.
 *
 * Deterministic and synchronous: a method changes the tables before it returns, time and notices go through
 * what was injected, and arguments and results are plain data (results are read only). What must survive is
 * written behind, one batch a turn: whoever promises a change to somebody awaits `flush()` first.
 *
 * Call `recover()` before anything else.
 */
export class Gcs {
  readonly limits: GcsLimits;
  readonly nodes: NodeTable;
  readonly jobs: JobTable;
  readonly actors: ActorTable;
  readonly placementGroups: PlacementGroupTable;
  readonly workers: WorkerTable;
  readonly functions: FunctionTable;
  readonly bundles: BundleTable;
  readonly kv: KvTable;
  readonly counters: Counters;
  readonly tasks: TaskEvents;
  readonly errors: ErrorTable;
  readonly pubsub: PubSub;
  /** Listings for people. */
  readonly state: StateApi;
  readonly #journal: Journal;
  readonly #clock: Pick<Clock, "now">;
  readonly #storage: Pick<Storage, "volatile" | "lease">;
  #recovered = false;
  #wasStopped = false;

  constructor(options: GcsOptions) {
    this.limits = gcsLimits(options.limits);
    this.#clock = options.clock;
    this.#storage = options.storage;
    this.#journal = new Journal(options.storage, {
      onFailure: options.onStorageFailure,
      after: options.clock.after?.bind(options.clock),
    });
    this.pubsub = new PubSub(this.limits, options.onNotices);
    const context: TableContext = {
      clock: options.clock,
      limits: this.limits,
      journal: this.#journal,
      pubsub: this.pubsub,
      interner: new Interner(),
    };
    this.counters = new Counters(context);
    this.nodes = new NodeTable(context, this.counters);
    this.jobs = new JobTable(context);
    this.actors = new ActorTable(context);
    this.placementGroups = new PlacementGroupTable(context);
    this.workers = new WorkerTable(context);
    this.functions = new FunctionTable(context, (jobId) => this.jobs.isLive(jobId) || this.actors.hasLive(jobId));
    this.bundles = new BundleTable(this.#journal);
    this.kv = new KvTable(context);
    this.tasks = new TaskEvents(context);
    this.errors = new ErrorTable(context);
    this.state = new StateApi(this);
  }

  /** Whether what is written outlives this process. */
  get lasting(): boolean {
    return !this.#storage.volatile;
  }

  /** Whether nobody else can have the store by now: else this one may be one of two. */
  get isSole(): boolean {
    const { lease } = this.#storage;
    return lease === undefined || this.#clock.now() < lease.heldUntilMs;
  }

  /**
   * Fills the empty tables from storage. Never resolves when another has taken the store over: see `settled`.
   * @throws StorageError naming the store when it can't be read.
   */
  async recover(): Promise<void> {
    if (this.#recovered) throw new Error("recover() is called once, before the store is used.");
    this.#recovered = true;
    this.#wasStopped = await recoverTables(this, this.#journal).catch(unlessFenced);
  }

  /** Resolves once every change made before the call is in storage; rejects as storage does, but for one that is lost: see `settled`. */
  flush(): Promise<void> {
    return this.#journal.flush().catch(unlessFenced);
  }

  /**
   * The same where what is written outlives this process; nothing to wait for elsewhere. Never resolves when another has
   * taken the store over: what this one has changed is not so. Where another may do that, it waits for as long as storage
   * takes nothing.
   */
  settled(): Promise<void> | undefined {
    if (!this.lasting) return undefined;
    if (this.#storage.lease !== undefined) return this.#journal.kept();
    // Whoever waits has been told by `onStorageFailure`, and the changes are tried again.
    return this.flush().catch(() => {});
  }

  /** Resolves once the store has shown that it is still this one's: see `settled`. */
  async confirmed(): Promise<void> {
    this.counters.next("confirmations");
    await this.settled();
  }

  /** Whether the cluster that had these tables was stopped. */
  get wasStopped(): boolean {
    return this.#wasStopped;
  }

  /** For whoever opens the storage next. */
  markStopped(stopped: boolean): void {
    if (stopped === this.#wasStopped) return;
    this.#wasStopped = stopped;
    if (stopped) this.#journal.put("meta", "stopped", { stored: () => true });
    else this.#journal.delete("meta", "stopped");
  }

  /** Flushes and closes the storage. */
  close(): Promise<void> {
    return this.#journal.close();
  }

  /** Registers an actor owned by the place `from`. @throws RangeError for a spec that can't be. */
  registerActor(spec: ActorSpec, from: PlaceId): ActorRegistration | JobRefusal {
    const namespace = this.#namespace(spec);
    return namespace === undefined ? { outcome: "no_job" } : this.actors.register({ ...spec, namespace }, from);
  }

  /**
   * Registers a placement group owned by the place `from`; also for a job of which only detached actors are left. @throws
   * RangeError for a spec that can't be.
   */
  registerPlacementGroup(spec: PlacementGroupSpec, from: PlaceId): PlacementGroupRegistration | JobRefusal {
    const { jobId } = spec;
    const namespace = this.#namespace(spec) ?? (this.actors.hasLive(jobId) ? (spec.namespace ?? this.jobs.get(jobId)?.namespace) : undefined);
    return namespace === undefined ? { outcome: "no_job" } : this.placementGroups.register({ ...spec, namespace }, from);
  }

  /** An actor is lost or to be ended: `actors.lose` with what follows from it. */
  loseActor(actorId: string, loss: ActorLoss): Fallout {
    return this.#collect((fallout) => this.#lose(fallout, [actorId], loss));
  }

  /** A worker's exit, told by its node: `placeLost` of the place it was, and its row. */
  workerLost(workerId: string, death: DeathRecord): Fallout {
    return this.#collect((fallout) => this.#loseWorker(fallout, workerId, death));
  }

  /**
   * A place is gone: actors in it are lost, those it owns and the job that it drives end with it, and its
   * subscriptions are forgotten.
   */
  placeLost(place: PlaceId, death: DeathRecord): Fallout {
    return this.#collect((fallout) => this.#losePlace(fallout, place, death));
  }

  /**
   * `nodes.register`, and what follows from it: a head that comes under a new id is a new process, and the node that
   * was the head before is gone.
   */
  registerNode(spec: NodeSpec): NodeRegistration & { readonly fallout: Fallout } {
    const before = spec.head ? this.nodes.head() : undefined;
    const detail = `The head was started anew, as node ${spec.nodeId}.`;
    const replaced = before !== undefined && before.nodeId !== spec.nodeId;
    const fallout = replaced ? this.nodeLost(before.nodeId, { cause: "unknown", nodeId: before.nodeId, detail }) : noFallout();
    return { ...this.nodes.register(spec), fallout };
  }

  /**
   * A node is gone, and with it its workers, what ran there, its bundles, the jobs driven from there, and its
   * subscriptions.
   */
  nodeLost(nodeId: string, death: DeathRecord): Fallout {
    return this.#collect((fallout) => this.#loseNode(fallout, nodeId, death));
  }

  /**
   * A head has begun on these tables, as node `own`: the node of the head before is gone. Whether the others come back
   * shows (`returns`); else they have ended with their head, and all actors with them.
   */
  begun(own: string, returns: boolean): Fallout {
    return this.#collect((fallout) => {
      const detail = `The head was started anew, as node ${own}.`;
      if (returns) {
        const before = this.nodes.head();
        if (before !== undefined) this.#loseNode(fallout, before.nodeId, { cause: "disconnected", nodeId: before.nodeId, detail });
        return;
      }
      const actors = this.actors.where((actor) => actor.state !== "DEAD");
      this.#lose(fallout, actors, { death: { cause: "terminated", detail }, restart: false, placeGone: true });
      for (const { nodeId } of this.nodes.live()) {
        if (nodeId !== own) this.#loseNode(fallout, nodeId, { cause: "disconnected", nodeId, detail });
      }
    });
  }

  /** A job has ended: what it made and is not detached goes with it. */
  endJob(jobId: string, end: JobEnd): Fallout {
    return this.#collect((fallout) => this.#endJob(fallout, jobId, end));
  }

  /** Removes a placement group and ends the actors in it, by this error (in its wire form) if there is one. */
  removePlacementGroup(placementGroupId: string, error?: Uint8Array): Fallout {
    return this.#collect((fallout) => this.#removeGroup(fallout, placementGroupId, error));
  }

  /** The namespace of a new row: its own or its job's; undefined when the job takes no more rows. */
  #namespace(spec: { readonly jobId: string; readonly namespace?: string }): string | undefined {
    return this.jobs.isLive(spec.jobId) ? (spec.namespace ?? this.jobs.get(spec.jobId)?.namespace) : undefined;
  }

  #collect(act: (fallout: Fallout) => void): Fallout {
    const fallout = noFallout();
    act(fallout);
    return fallout;
  }

  #lose(fallout: Fallout, actorIds: readonly string[], loss: Ending): void {
    for (const actorId of actorIds) {
      const before = this.actors.get(actorId);
      const next = this.actors.lose(actorId, loss);
      if (!before || next === "stale") continue;
      if (next === "RESTARTING") fallout.restarting.push(actorId);
      else {
        fallout.dead.push(actorId);
        this.functions.release(before.jobId);
      }
      if (before.place !== undefined && !loss.placeGone) fallout.stop.push(stopped(before, before.place));
    }
  }

  #loseNode(fallout: Fallout, nodeId: string, death: DeathRecord): void {
    const number = this.nodes.get(nodeId)?.number;
    if (!this.nodes.end(nodeId, death)) return;
    if (number !== undefined) this.pubsub.dropNode(number);
    const driven = (job: JobInfo) => job.nodeId === nodeId || (job.driver !== undefined && nodeOf(job.driver) === number);
    // A node that left in good order stopped what was there.
    const left = death.cause === "terminated";
    const lost: DeathRecord = { ...death, cause: left ? "terminated" : "node-died", nodeId };
    this.tasks.lost({ nodeId, errorType: "NODE_DIED" });
    for (const worker of this.workers.where((each) => each.nodeId === nodeId)) {
      this.#loseWorker(fallout, worker.workerId, lost);
    }
    const actors = this.actors.where((actor) => actor.nodeId === nodeId);
    this.#lose(fallout, actors, { death: lost, placeGone: true });
    // Of a node of the head before, its workers are not known.
    const owned = this.actors.where(({ owner, detached }) => !detached && nodeOf(owner) === number);
    this.#lose(fallout, owned, { death: { ...lost, cause: "owner-died" }, restart: false });
    fallout.reschedule.push(...this.placementGroups.nodeLost(nodeId));
    for (const jobId of this.jobs.where(driven)) {
      // Its driver was done, then.
      this.#endJob(fallout, jobId, left ? { status: "SUCCEEDED" } : { status: "FAILED", message: `Its driver's node ${nodeId} died.` });
    }
    this.#removeOrphans(fallout, (owner) => nodeOf(owner) === number);
  }

  #loseWorker(fallout: Fallout, workerId: string, death: DeathRecord): void {
    const worker = this.workers.get(workerId);
    if (!this.workers.end(workerId, death)) return;
    this.tasks.lost({ workerId, errorType: lossCode(death) });
    if (worker?.place !== undefined) this.#losePlace(fallout, worker.place, death);
  }

  #losePlace(fallout: Fallout, place: PlaceId, death: DeathRecord): void {
    this.pubsub.drop(place);
    this.#lose(fallout, this.actors.livingIn(place), { death, placeGone: true });
    const orphaned: DeathRecord = { ...death, cause: "owner-died" };
    this.#lose(fallout, this.actors.ownedBy(place), { death: orphaned, restart: false });
    for (const jobId of this.jobs.where((job) => job.driver === place)) {
      this.#endJob(fallout, jobId, { status: "FAILED", message: `Its driver died: ${death.cause}.` });
    }
    this.#removeOrphans(fallout, (owner) => owner === place);
  }

  /** Placement groups of those that are gone which no job's end takes along: it had ended before they were made. */
  #removeOrphans(fallout: Fallout, isGone: (owner: PlaceId) => boolean): void {
    const orphans = this.placementGroups.where(({ owner, jobId, detached }) => !detached && isGone(owner) && !this.jobs.isLive(jobId));
    for (const id of orphans) this.#removeGroup(fallout, id);
  }

  #endJob(fallout: Fallout, jobId: string, end: JobEnd): void {
    if (!this.jobs.end(jobId, end)) return;
    fallout.endedJobs.push(jobId);
    const why = end.message === undefined ? "" : ` ${end.message}`;
    const detail = `Its job ${jobId} has ended (${end.status}).${why}`;
    const death: DeathRecord = { cause: end.status === "FAILED" ? "owner-died" : "terminated", detail };
    const actors = this.actors.where((actor) => actor.jobId === jobId && !actor.detached);
    this.#lose(fallout, actors, { death, restart: false });
    for (const id of this.placementGroups.where((group) => group.jobId === jobId && !group.detached)) {
      this.#removeGroup(fallout, id);
    }
    this.tasks.lost({ jobId, errorType: "TASK_CANCELLED" });
    this.functions.release(jobId);
  }

  #removeGroup(fallout: Fallout, placementGroupId: string, error?: Uint8Array): void {
    const group = this.placementGroups.remove(placementGroupId);
    if (!group) return;
    const death: DeathRecord = { cause: "terminated", detail: `Its placement group ${placementGroupId} was removed.`, ...(error && { error }) };
    const actors = this.actors.where((actor) => actor.placementGroupId === placementGroupId);
    this.#lose(fallout, actors, { death, restart: false });
    const nodeIds = new Set(group.bundles.flatMap((bundle) => bundle.nodeId ?? []));
    fallout.free.push({ placementGroupId, nodeIds: [...nodeIds] });
  }
}

/** Who has lost the store says nothing more: the lease tells its node to end. */
function unlessFenced(error: unknown): Promise<never> {
  return error instanceof StorageError && error.reason === "fenced" ? new Promise(() => {}) : Promise.reject(error);
}

/** `placeGone`: nothing is left to stop where the actors were. */
interface Ending extends ActorLoss {
  readonly placeGone?: boolean;
}

function stopped(actor: ActorInfo, place: PlaceId): Fallout["stop"][number] {
  const { actorId, incarnation, nodeId } = actor;
  return nodeId === undefined ? { actorId, incarnation, place } : { actorId, incarnation, place, nodeId };
}
