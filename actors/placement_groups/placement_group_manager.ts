import type { BundlesContract, PlacementGroupInfo, PlacementGroupsContract } from "../../runtime/contracts/mod.ts";
import { PlacementGroupError } from "../../runtime/errors/mod.ts";
import { type Caller, type NodeNumber, nodeOf, type PlaceId, type Remote, type Told } from "../../runtime/kernel/mod.ts";
import type { Bundle, PlacementGroupRequest } from "../../runtime/options/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import { encodeWhole } from "../../runtime/values/mod.ts";
import type { Fallout, Gcs, PlacementGroupInfo as GroupRow } from "../gcs/mod.ts";
import type { BundlePlacement, GlobalScheduler } from "../scheduler/mod.ts";

/** A node that bundles are placed on: questions, and orders that have no answer. */
export interface BundleNode {
  readonly ask: Remote<BundlesContract>;
  readonly tell: Told<BundlesContract>;
}

export interface PlacementGroupManagerOptions {
  gcs: Gcs;
  scheduler: GlobalScheduler;
  node(nodeId: string): BundleNode | undefined;
  nodeIds(): readonly string[];
  /** Nodes of the head before may be about to come: what does not fit yet may fit then. */
  incomplete?(): boolean;
  /** Actors have ended with their group. */
  onFallout(fallout: Fallout): void;
  /** Tells users why a group of this job waits. */
  warn(text: string, jobId: string): void;
}

interface Waiter {
  readonly from: PlaceId;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps the placement groups: registers them, has their bundles reserved on nodes in two phases, and removes them
 * with what runs in them. The rows are in the control store's table; what waits to be placed is here.
 *
 * A group is tried when it is made and whenever resources become free. One that these nodes can never hold is set
 * aside until a node joins, with a warning.
 */
export class PlacementGroupManager implements PlacementGroupsContract {
  readonly #options: PlacementGroupManagerOptions;
  readonly #gcs: Gcs;
  readonly #waiters: Map<string, Waiter[]> = new Map();
  /** Groups that wait for resources, in the order in which they came. */
  readonly #waiting: Set<string> = new Set();
  readonly #infeasible: Set<string> = new Set();
  readonly #placing: Set<string> = new Set();
  /** Nodes on which something may run that began in bundles of a group that are elsewhere now. */
  readonly #leaving: Map<string, string[]> = new Map();

  constructor(options: PlacementGroupManagerOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
  }

  create(
    caller: Caller,
    id: string,
    request: PlacementGroupRequest & { readonly namespace: string; readonly jobId: string },
  ): Promise<void> | undefined {
    const { bundles, strategy, name, detached, namespace, jobId } = request;
    const { outcome } = this.#gcs.registerPlacementGroup(
      {
        placementGroupId: id,
        jobId,
        bundles,
        strategy,
        namespace,
        detached,
        ...(name === undefined ? {} : { name }),
      },
      caller.from,
    );
    if (outcome === "no_job") throw gone(id, undefined);
    if (outcome === "name_taken") {
      const error = new PlacementGroupError({
        reason: "name-taken",
        placementGroupId: id,
        placementGroupName: name as string,
      });
      this.#settle(id, error);
      throw error;
    }
    this.#place(id);
    return this.#gcs.settled();
  }

  /** The groups of the head before: what it had not finished is begun anew. */
  restore(): void {
    const { placementGroups } = this.#gcs;
    for (const { placementGroupId: id, state } of [...placementGroups.rows()]) {
      if (state === "PREPARED") placementGroups.unprepared(id);
      // Whether they fit shows when nodes have come.
      if (state !== "CREATED" && state !== "REMOVED") this.#infeasible.add(id);
    }
  }

  /** All of them have come: what does not fit now waits for others. */
  complete(): void {
    for (const id of [...this.#infeasible]) {
      this.#infeasible.delete(id);
      this.#place(id);
    }
  }

  /** A node of the head before has come, with bundles of these groups: those that are not to be there it gives back. */
  returned(nodeId: string, groups: readonly string[]): void {
    for (const id of groups) {
      const group = this.#gcs.placementGroups.get(id);
      const wanted = group !== undefined && group.state !== "REMOVED" && group.bundles.some((bundle) => bundle.nodeId === nodeId);
      if (!wanted) this.#undo(id, [nodeId]);
    }
  }

  ready({ from }: Caller, id: string): Promise<void> | void {
    const group = this.#gcs.placementGroups.get(id);
    if (group?.state === "CREATED") return undefined;
    if (group === undefined || group.state === "REMOVED") throw gone(id, group);
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(id);
      if (waiters === undefined) this.#waiters.set(id, [{ from, resolve, reject }]);
      else waiters.push({ from, resolve, reject });
    });
  }

  remove(_caller: Caller, id: string): Promise<void> | undefined {
    const group = this.#gcs.placementGroups.get(id);
    if (group === undefined || group.state === "REMOVED") return undefined;
    const error = gone(id, group);
    this.#waiting.delete(id);
    this.#infeasible.delete(id);
    const fallout = this.#gcs.removePlacementGroup(id, encodeWhole(error));
    this.#options.onFallout(fallout);
    this.#give(fallout, error);
    this.#settle(id, error);
    return this.#gcs.settled();
  }

  lookup(_caller: Caller, name: string, namespace: string): { id: string; bundles: readonly Bundle[] } {
    const group = this.#gcs.placementGroups.byName(namespace, name);
    if (group === undefined) throw new PlacementGroupError({ reason: "not-found", placementGroupName: name });
    return { id: group.placementGroupId, bundles: group.bundles.map(({ resources }) => resources) };
  }

  table(): PlacementGroupInfo[] {
    return Array.from(this.#gcs.placementGroups.rows(), (row) => ({
      placementGroupId: row.placementGroupId,
      name: row.name,
      strategy: row.strategy,
      state: row.state,
      bundles: row.bundles.map(({ resources }) => resources),
      bundlesToNodeId: row.bundles.map(({ nodeId }) => nodeId),
    }));
  }

  /** The groups that have no place for all of their bundles, and why. */
  waiting(): (Pick<GroupRow, "placementGroupId" | "name" | "bundles"> & { readonly why: string })[] {
    const waiting = Array.from(this.#gcs.placementGroups.rows()).filter(({ state }) => state === "PENDING" || state === "RESCHEDULING");
    return waiting.map(({ placementGroupId, name, strategy, bundles }) => {
      const why = this.#infeasible.has(placementGroupId) ? this.#misfit({ strategy, bundles }) : "what it needs is in use";
      return { placementGroupId, name, bundles, why };
    });
  }

  /** Resources may have become free. */
  retry(): void {
    for (const id of [...this.#waiting]) this.#place(id);
  }

  /** A node has joined: what could not be held before may be now. */
  nodeJoined(): void {
    for (const id of [...this.#infeasible]) this.#place(id);
  }

  /** A place is gone, or a node: nobody there waits for a group, and nothing that has left its bundles runs there. */
  placeLost(place: PlaceId): void {
    this.#forget((from) => from === place);
  }

  nodeLost(node: NodeNumber, nodeId: string): void {
    this.#forget((from) => nodeOf(from) === node);
    for (const [id, nodeIds] of [...this.#leaving]) {
      const left = nodeIds.filter((each) => each !== nodeId);
      if (left.length > 0) this.#leaving.set(id, left);
      else this.#leaving.delete(id);
    }
  }

  #forget(isGone: (place: PlaceId) => boolean): void {
    for (const [id, waiters] of [...this.#waiters]) {
      const left = waiters.filter(({ from }) => !isGone(from));
      if (left.length > 0) this.#waiters.set(id, left);
      else this.#waiters.delete(id);
    }
  }

  /** A node is gone: groups that had bundles there are placed again. */
  reschedule(ids: readonly string[]): void {
    for (const id of ids) this.#place(id);
  }

  /**
   * The node is to be empty: bundles go to other nodes as soon as those have room for them, all of a group that are there
   * at once. What runs in them goes on to its end where it is; what comes later waits for the new ones.
   */
  vacate(nodeId: string): void {
    const { node } = this.#options;
    for (const id of this.#gcs.placementGroups.where(({ bundles }) => bundles.some((bundle) => bundle.nodeId === nodeId))) {
      const group = this.#gcs.placementGroups.get(id);
      if (group?.state !== "CREATED" || this.#placing.has(id)) continue;
      const bundles = group.bundles.map((bundle) => (bundle.nodeId === nodeId ? { resources: bundle.resources } : bundle));
      if (this.#placementOf({ ...group, bundles }).kind !== "placed") continue;
      this.#gcs.placementGroups.displaced(id, nodeId);
      this.#leaving.set(id, [...(this.#leaving.get(id) ?? []), nodeId]);
      node(nodeId)?.tell.vacateBundles(id);
      this.#place(id);
    }
  }

  /** These groups have ended with their job, or with who had made them. Their rows are REMOVED already. */
  freed(fallout: Fallout): void {
    for (const { placementGroupId: id } of fallout.free) {
      this.#waiting.delete(id);
      this.#infeasible.delete(id);
      this.#settle(id, gone(id, this.#gcs.placementGroups.get(id)));
    }
    this.#give(fallout, undefined);
  }

  /** Gives back what the nodes hold of removed groups. */
  #give(fallout: Fallout, error: unknown): void {
    for (const { placementGroupId, nodeIds } of fallout.free) {
      const fault = encodeWhole(error ?? gone(placementGroupId, undefined));
      const left = this.#leaving.get(placementGroupId) ?? [];
      this.#leaving.delete(placementGroupId);
      for (const nodeId of new Set([...nodeIds, ...left])) this.#options.node(nodeId)?.tell.returnBundles(placementGroupId, fault);
    }
  }

  /** Tries to place a group now; it stays among the waiting when that does not work. */
  #place(id: string): void {
    const group = this.#gcs.placementGroups.get(id);
    if (group === undefined || this.#placing.has(id) || (group.state !== "PENDING" && group.state !== "RESCHEDULING")) return;
    const placement = this.#placementOf(group);
    if (placement.kind === "placed") {
      this.#waiting.add(id);
      this.#placing.add(id);
      const chosen = [...placement.nodeIds];
      const nodeIds = group.bundles.map(({ nodeId }) => nodeId ?? (chosen.shift() as string));
      void this.#reserve(group, { nodeIds, staying: stayingIn(group) }).finally(() => {
        this.#placing.delete(id);
        // It has lost a node again meanwhile: nobody else tries.
        if (!this.#waiting.has(id)) this.#place(id);
      });
    } else if (placement.kind === "busy") {
      this.#infeasible.delete(id);
      this.#waiting.add(id);
      for (const nodeId of this.#options.nodeIds()) this.#options.node(nodeId)?.tell.makeRoom();
    } else {
      this.#waiting.delete(id);
      if (!this.#infeasible.has(id) && this.#options.incomplete?.() !== true) this.#warn(group);
      this.#infeasible.add(id);
    }
  }

  /** Of a group that lost a node, the other bundles stay where they are. */
  #placementOf(group: Pick<GroupRow, "bundles" | "strategy">): BundlePlacement {
    const missing = group.bundles.filter(({ nodeId }) => nodeId === undefined);
    return this.#options.scheduler.placeBundles(
      missing.map(({ resources }) => ResourceSet.from(resources)),
      { strategy: group.strategy, ...(group.strategy === "STRICT_SPREAD" ? { avoid: stayingIn(group) } : {}) },
    );
  }

  /** The two phases: every node prepares its bundles, and when all have, every node commits them. */
  async #reserve(
    { placementGroupId: id, bundles }: GroupRow,
    { nodeIds, staying }: { nodeIds: readonly string[]; staying: ReadonlySet<string> },
  ): Promise<void> {
    const shares = new Map<string, [number, Bundle][]>();
    for (const [index, nodeId] of nodeIds.entries()) {
      if (bundles[index]?.nodeId !== undefined) continue;
      const share = shares.get(nodeId);
      const bundle: [number, Bundle] = [index, (bundles[index] as GroupRow["bundles"][number]).resources];
      if (share === undefined) shares.set(nodeId, [bundle]);
      else share.push(bundle);
    }
    const nodes = [...shares.keys()];
    const answers = await Promise.all(
      nodes.map(
        (nodeId) =>
          this.#options
            .node(nodeId)
            ?.ask.prepareBundles(id, shares.get(nodeId) ?? [])
            .catch(() => false) ?? false,
      ),
    );
    const prepared = nodes.filter((_, index) => answers[index] === true);
    // It may have been removed while the nodes prepared: then nothing is kept either.
    if (prepared.length < nodes.length || !this.#gcs.placementGroups.prepared(id, nodeIds)) {
      for (const nodeId of prepared) {
        const indexes = (shares.get(nodeId) ?? []).map(([index]) => index);
        this.#options.node(nodeId)?.tell.unprepareBundles(id, indexes);
      }
      return;
    }
    const committed = await Promise.all(
      nodes.map(
        (nodeId) =>
          this.#options
            .node(nodeId)
            ?.ask.commitBundles(id)
            .catch(() => false) ?? false,
      ),
    );
    if (committed.includes(false) || !this.#gcs.placementGroups.created(id)) {
      this.#gcs.placementGroups.unprepared(id);
      this.#undo(id, [...new Set([...nodes, ...staying])]);
      return;
    }
    this.#waiting.delete(id);
    this.#infeasible.delete(id);
    // Who is told that it is there relies on it.
    await this.#gcs.settled();
    this.#settle(id, undefined);
    this.#options.scheduler.changed();
  }

  #undo(id: string, nodeIds: readonly string[]): void {
    const fault = encodeWhole(gone(id, this.#gcs.placementGroups.get(id)));
    for (const nodeId of nodeIds) this.#options.node(nodeId)?.tell.returnBundles(id, fault);
  }

  /** Answers those who wait for the group: it is there, or it never will be. */
  #settle(id: string, error: unknown): void {
    const waiters = this.#waiters.get(id);
    this.#waiters.delete(id);
    for (const { resolve, reject } of waiters ?? []) {
      if (error === undefined) resolve();
      else reject(error);
    }
    if (error !== undefined) this.#options.scheduler.changed();
  }

  #warn({ placementGroupId, name, jobId, strategy, bundles }: GroupRow): void {
    const called = name === undefined ? placementGroupId : `"${name}"`;
    this.#options.warn(`placement group ${called} cannot be placed and waits: ${this.#misfit({ strategy, bundles })}`, jobId);
  }

  #misfit({ strategy, bundles }: Pick<GroupRow, "strategy" | "bundles">): string {
    const wanted = bundles.map(({ resources }) => String(ResourceSet.from(resources))).join(", ");
    const nodes = this.#options.nodeIds().length;
    const fit = `${strategy} of ${bundles.length} bundles (${wanted}) does not fit the ${nodes} node${nodes === 1 ? "" : "s"} of this cluster`;
    return `${fit}. Use smaller bundles or a looser strategy, or add nodes.`;
  }
}

function stayingIn({ bundles }: Pick<GroupRow, "bundles">): Set<string> {
  return new Set(bundles.flatMap(({ nodeId }) => nodeId ?? []));
}

function gone(id: string, group: Pick<GroupRow, "name"> | undefined): PlacementGroupError {
  const named = group?.name === undefined ? {} : { placementGroupName: group.name };
  return new PlacementGroupError({
    reason: group === undefined ? "not-found" : "removed",
    placementGroupId: id,
    ...named,
  });
}
