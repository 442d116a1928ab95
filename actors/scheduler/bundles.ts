import { ResourceSet } from "../../runtime/resources/mod.ts";
import { NodeResources } from "./node_resources.ts";

interface Reservation {
  committed: boolean;
  /** This node's bundles of the group, by their numbers in it. */
  readonly pools: Map<number, NodeResources>;
}

/**
 * The bundles of placement groups that a node has reserved, in two phases: prepared ones are held and not used,
 * so that a group that another node could not make room for is undone without a trace; committed ones are pools of
 * resources of their own, from which what runs in the group is served instead of from the node.
 */
export class Bundles {
  readonly #node: NodeResources;
  readonly #groups: Map<string, Reservation> = new Map();

  constructor(node: NodeResources) {
    this.#node = node;
  }

  /** Takes what the bundles ask for from the node: all, or nothing when that is not free now. Once is enough. */
  prepare(groupId: string, bundles: readonly (readonly [index: number, resources: ResourceSet])[]): boolean {
    const reservation = this.#groups.get(groupId) ?? { committed: false, pools: new Map() };
    // A message that came twice, or the bundle of a dead node that comes here beside others.
    const wanted = bundles.filter(([index]) => !reservation.pools.has(index));
    const sum = wanted.reduce((total, [, resources]) => total.add(resources), ResourceSet.EMPTY);
    if (!this.#node.take(sum)) return false;
    for (const [index, resources] of wanted) reservation.pools.set(index, new NodeResources(resources));
    this.#groups.set(groupId, reservation);
    return true;
  }

  /** Gives back what was prepared; other bundles of the group stay. */
  unprepare(groupId: string, indexes: readonly number[]): void {
    const reservation = this.#groups.get(groupId);
    if (reservation === undefined) return;
    for (const index of indexes) {
      reservation.pools.get(index)?.dissolve(this.#node);
      reservation.pools.delete(index);
    }
    if (reservation.pools.size === 0) this.#groups.delete(groupId);
  }

  /** False when nothing is prepared: the group was removed meanwhile. */
  commit(groupId: string): boolean {
    const reservation = this.#groups.get(groupId);
    if (reservation !== undefined) reservation.committed = true;
    return reservation !== undefined;
  }

  /** Gives the bundles back to the node: what is free at once, what is in use when its users end. */
  release(groupId: string): void {
    const reservation = this.#groups.get(groupId);
    this.#groups.delete(groupId);
    for (const pool of reservation?.pools.values() ?? []) pool.dissolve(this.#node);
  }

  /** The bundle to serve a demand from: `index`, or for -1 the first that has it free. None while there is no room. */
  roomFor(groupId: string, index: number, demand: ResourceSet): NodeResources | undefined {
    const reservation = this.#groups.get(groupId);
    if (reservation === undefined || !reservation.committed) return undefined;
    for (const [number, pool] of reservation.pools) {
      if ((index === -1 || index === number) && pool.has(demand)) return pool;
    }
    return undefined;
  }

  /** Whether the group has bundles here. */
  has(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  /** The groups that have bundles here. */
  get groups(): string[] {
    return [...this.#groups.keys()];
  }

  get size(): number {
    return this.#groups.size;
  }
}
