import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { assertName, NameIndex } from "./names.ts";
import { type PlacementGroupInfo, PlacementGroupRecord, type PlacementGroupSpec } from "./placement_group_record.ts";
import { PLACEMENT_GROUP_MOVES, type PlacementGroupState } from "./placement_group_state.ts";
import { assertResources } from "./resources.ts";
import { Rows } from "./rows.ts";
import { mayMove, move } from "./state_machine.ts";
import type { TableContext } from "./table_context.ts";

export interface PlacementGroupRegistration {
  readonly outcome: "registered" | "found" | "name_taken";
  readonly group: PlacementGroupInfo;
}

const STRATEGIES: readonly string[] = ["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"];

/**
 * Every placement group, as data: who reserves what where is the scheduler's. A name is held once in its
 * namespace by those not REMOVED, which are kept up to `removedPlacementGroups`.
 */
export class PlacementGroupTable {
  readonly #context: TableContext;
  readonly #rows: Rows<PlacementGroupInfo, PlacementGroupRecord>;
  readonly #names = new NameIndex<PlacementGroupRecord>();

  constructor(context: TableContext) {
    this.#context = context;
    const keep = context.limits.removedPlacementGroups;
    this.#rows = new Rows(context, { channel: "placement_groups", stored: "placement_groups", keep });
  }

  get(placementGroupId: string): PlacementGroupInfo | undefined {
    return this.#rows.get(placementGroupId)?.info();
  }

  byName(namespace: string, name: string): PlacementGroupInfo | undefined {
    return this.#names.get(namespace, name)?.info();
  }

  rows(): Iterable<PlacementGroupRecord> {
    return this.#rows.all();
  }

  /** Groups not REMOVED for which `test` holds. */
  where(test: (group: PlacementGroupInfo) => boolean): string[] {
    return Array.from(this.#rows.liveRows())
      .filter(test)
      .map((row) => row.placementGroupId);
  }

  /** Registers a group, PENDING. The same request again changes nothing. @throws RangeError for a spec that can't be. */
  register(spec: PlacementGroupSpec & { readonly namespace: string }, owner: PlaceId): PlacementGroupRegistration {
    const known = this.#rows.get(spec.placementGroupId);
    if (known) return { outcome: "found", group: known.info() };
    this.#assertSpec(spec);
    const row = new PlacementGroupRecord(spec.placementGroupId);
    row.name = spec.name;
    row.namespace = spec.namespace;
    row.jobId = spec.jobId;
    row.detached = spec.detached ?? false;
    row.owner = owner;
    row.strategy = spec.strategy;
    row.bundles = spec.bundles.map((bundle) => ({ resources: this.#context.interner.resources(bundle) }));
    row.registeredMs = this.#context.clock.now();
    if (row.name !== undefined && !this.#names.claim(row.namespace, row.name, row)) {
      return { outcome: "name_taken", group: this.byName(row.namespace, row.name) as PlacementGroupInfo };
    }
    this.#rows.add(row.placementGroupId, row);
    return { outcome: "registered", group: row.info() };
  }

  /** The scheduler reserved each bundle: `nodeIds` in the order of the bundles. False when it is not wanted now. */
  prepared(placementGroupId: string, nodeIds: readonly string[]): boolean {
    const row = this.#rows.live(placementGroupId);
    if (!row || !mayMove(PLACEMENT_GROUP_MOVES, row.state, "PREPARED")) return false;
    if (nodeIds.length !== row.bundles.length) {
      throw new RangeError(`nodeIds: ${nodeIds.length} nodes for the ${row.bundles.length} bundles of ${placementGroupId}`);
    }
    row.bundles = row.bundles.map(({ resources }, i) => ({ resources, nodeId: nodeIds[i] as string }));
    this.#become(row, "PREPARED");
    return true;
  }

  /** Every node has committed. False when it is not PREPARED (removed, or a node died meanwhile). */
  created(placementGroupId: string): boolean {
    const row = this.#rows.live(placementGroupId);
    if (row?.state !== "PREPARED") return false;
    row.createdMs ??= this.#context.clock.now();
    this.#become(row, "CREATED");
    return true;
  }

  /**
   * A node did not commit: back to where it was before, with no bundle placed, also when the loss of a node has brought
   * it there. False when it is CREATED or removed.
   */
  unprepared(placementGroupId: string): boolean {
    const row = this.#rows.live(placementGroupId);
    if (row === undefined || row.state === "CREATED") return false;
    row.bundles = row.bundles.map(({ resources }) => ({ resources }));
    this.#backToWaiting(row);
    return true;
  }

  /** A node is gone: groups with a bundle there lose that bundle's place and are to be placed again. */
  nodeLost(nodeId: string): string[] {
    const hit = this.where((group) => group.bundles.some((bundle) => bundle.nodeId === nodeId));
    for (const id of hit) this.displaced(id, nodeId);
    return hit;
  }

  /** The bundles that a group has on that node are to be placed again. */
  displaced(placementGroupId: string, nodeId: string): void {
    const row = this.#rows.live(placementGroupId);
    if (row === undefined) return;
    row.bundles = row.bundles.map((bundle) => (bundle.nodeId === nodeId ? { resources: bundle.resources } : bundle));
    this.#backToWaiting(row);
  }

  /** Gives the group as it was, with the nodes that have to free its bundles; nothing when it is gone already. */
  remove(placementGroupId: string): PlacementGroupInfo | undefined {
    const row = this.#rows.live(placementGroupId);
    if (!row) return undefined;
    const before = row.info();
    move(PLACEMENT_GROUP_MOVES, row, { to: "REMOVED", what: `Placement group ${placementGroupId}` });
    row.endedMs = this.#context.clock.now();
    if (row.name !== undefined) this.#names.release(row.namespace, row.name);
    this.#rows.end(placementGroupId, row);
    return before;
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    const rows = entries.map(([id, data]) => [id, PlacementGroupRecord.restored(id, data)] as const);
    this.#rows.restore(rows, (row) => row.state === "REMOVED");
    for (const row of this.#rows.liveRows()) {
      if (row.name !== undefined) this.#names.claim(row.namespace, row.name, row);
    }
  }

  #assertSpec(spec: PlacementGroupSpec & { readonly namespace: string }): void {
    const { limits } = this.#context;
    assertName(limits, "placementGroupId", spec.placementGroupId);
    assertName(limits, "namespace", spec.namespace);
    if (spec.name !== undefined) assertName(limits, "name", spec.name);
    if (!STRATEGIES.includes(spec.strategy)) {
      throw new RangeError(`strategy: unknown ${JSON.stringify(spec.strategy)}; use ${STRATEGIES.join(", ")}`);
    }
    if (spec.bundles.length === 0) throw new RangeError("bundles: a placement group needs at least one");
    for (const [i, bundle] of spec.bundles.entries()) assertResources(`bundles[${i}]`, bundle);
  }

  #backToWaiting(row: PlacementGroupRecord): void {
    if (row.state === "PENDING" || row.state === "RESCHEDULING") this.#rows.changed(row.placementGroupId, row);
    else this.#become(row, row.createdMs === undefined ? "PENDING" : "RESCHEDULING");
  }

  #become(row: PlacementGroupRecord, to: PlacementGroupState): void {
    move(PLACEMENT_GROUP_MOVES, row, { to, what: `Placement group ${row.placementGroupId}` });
    this.#rows.changed(row.placementGroupId, row);
  }
}
