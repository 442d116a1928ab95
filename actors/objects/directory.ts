import type { ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";

export interface DirectoryOptions {
  /** This node, whose own copies are not recorded here. */
  home: PlaceId;
  /** See `TransferSettings`. */
  maxSources: number;
  copiesPerSource: number;
}

interface Known {
  readonly size: number;
  /** Other nodes with all of it. */
  readonly locations: Set<PlaceId>;
  /** The one of them that keeps it whatever room it has; none if this node does. */
  keeper: PlaceId | undefined;
  /** Nodes that copy it now, and from where. */
  readonly pulls: Map<PlaceId, readonly PlaceId[]>;
  /** Copies that a node has given away, in parts of one. */
  readonly given: Map<PlaceId, number>;
}

/** What a node's end, or its lack of room, has done to an object. */
export type Bereft = "kept" | "gone" | { readonly keeper: PlaceId };

/**
 * Where else there are copies of this node's large objects, and who takes them from whom. A value that has never left
 * this node is not in it.
 *
 * A node that copies is a source as well, of what it has so far. Each source is given to few, those nearest to the
 * whole first: so many nodes that copy at once form a tree, through which the chunks flow.
 */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #known: Map<ObjectId, Known> = new Map();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whether another node has all of it. */
  has(id: ObjectId): boolean {
    return (this.#known.get(id)?.locations.size ?? 0) > 0;
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.#known.get(id)?.size;
  }

  locations(id: ObjectId): PlaceId[] {
    return [...(this.#known.get(id)?.locations ?? [])];
  }

  /** A node has made the value, and keeps it. */
  located(id: ObjectId, node: PlaceId, size: number): void {
    const known = this.#ensure(id, size);
    known.locations.add(node);
    known.keeper ??= node;
  }

  /**
   * Nodes from which `puller` is to copy it, `without` those that have failed it. None if nobody has it.
   * `isHere`: this node has it.
   */
  assign(id: ObjectId, puller: PlaceId, { size, isHere, without }: { size: number; isHere: boolean; without: readonly PlaceId[] }): PlaceId[] {
    const known = this.#ensure(id, size);
    known.pulls.delete(puller);
    const may = (node: PlaceId): boolean => node !== puller && !without.includes(node);
    const whole = [...known.locations, ...(isHere ? [this.#options.home] : [])].filter(may);
    const begun = [...known.pulls.keys()].filter((node) => may(node) && !this.#isFrom(known, { node, source: puller }));
    const ranked = [...whole.map((node) => this.#rank(known, node, true)), ...begun.map((node) => this.#rank(known, node, false))].sort(nearest);
    const [first] = ranked;
    if (first === undefined) {
      this.#tidy(id, known);
      return [];
    }
    const chosen = [first];
    // More than one only of those that have it all, and that are as free.
    for (const other of ranked.slice(1)) {
      if (chosen.length >= this.#options.maxSources || other.depth > 0 || other.spent !== first.spent) break;
      chosen.push(other);
    }
    const sources = chosen.map(({ node }) => node);
    for (const node of sources) known.given.set(node, (known.given.get(node) ?? 0) + 1 / sources.length);
    known.pulls.set(puller, sources);
    return sources;
  }

  /** A node copies it no more; `complete`: it has it all now. */
  ended(id: ObjectId, puller: PlaceId, complete: boolean): void {
    const known = this.#known.get(id);
    if (known === undefined || !known.pulls.delete(puller)) return;
    if (complete && puller !== this.#options.home) known.locations.add(puller);
    this.#tidy(id, known);
  }

  /** A node has it no more. `isHere`: this node has it. */
  gone(id: ObjectId, node: PlaceId, isHere: boolean): Bereft {
    const known = this.#known.get(id);
    if (known === undefined) return "kept";
    const had = known.locations.delete(node);
    known.pulls.delete(node);
    known.given.delete(node);
    const was = known.keeper;
    this.#tidy(id, known);
    if (!had) return "kept";
    if (isHere) {
      if (was === node) known.keeper = undefined;
      return was === node ? { keeper: this.#options.home } : "kept";
    }
    if (known.locations.size === 0) return "gone";
    if (was !== node) return "kept";
    known.keeper = known.locations.values().next().value as PlaceId;
    return { keeper: known.keeper };
  }

  /** The objects that a node has, or copies. A walk over all. */
  *at(node: PlaceId): Generator<ObjectId> {
    for (const [id, { locations, pulls, given }] of this.#known) if (locations.has(node) || pulls.has(node) || given.has(node)) yield id;
  }

  /** Nobody needs it any more. Returns the other nodes that have it or copy it. */
  forget(id: ObjectId): PlaceId[] {
    const known = this.#known.get(id);
    if (known === undefined) return [];
    this.#known.delete(id);
    return [...new Set([...known.locations, ...known.pulls.keys()])].filter((node) => node !== this.#options.home);
  }

  #ensure(id: ObjectId, size: number): Known {
    let known = this.#known.get(id);
    if (known === undefined) {
      known = { size, locations: new Set(), keeper: undefined, pulls: new Map(), given: new Map() };
      this.#known.set(id, known);
    }
    return known;
  }

  #tidy(id: ObjectId, { locations, pulls }: Known): void {
    if (locations.size === 0 && pulls.size === 0) this.#known.delete(id);
  }

  #rank(known: Known, node: PlaceId, whole: boolean): Rank {
    const given = known.given.get(node) ?? 0;
    let load = 0;
    for (const sources of known.pulls.values()) if (sources.includes(node)) load++;
    return { node, spent: given + 1 > this.#options.copiesPerSource, depth: whole ? 0 : this.#depth(known, node), load, given };
  }

  /** Nodes between this one and one that has it all. */
  #depth(known: Known, node: PlaceId): number {
    const sources = known.pulls.get(node);
    return sources === undefined ? 0 : 1 + Math.max(...sources.map((source) => this.#depth(known, source)));
  }

  /** Whether what `node` copies comes, by whatever way, from `source`. */
  #isFrom(known: Known, { node, source }: { node: PlaceId; source: PlaceId }): boolean {
    return known.pulls.get(node)?.some((from) => from === source || this.#isFrom(known, { node: from, source })) ?? false;
  }
}

interface Rank {
  readonly node: PlaceId;
  /** It has given away as much as it should. */
  readonly spent: boolean;
  readonly depth: number;
  readonly load: number;
  readonly given: number;
}

function nearest(a: Rank, b: Rank): number {
  return Number(a.spent) - Number(b.spent) || a.depth - b.depth || a.load - b.load || a.given - b.given;
}
