import { type ActorId, type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";

export interface LookupsOptions {
  hold(id: ActorId): void;
  drop(id: ActorId): void;
}

/**
 * Actors that places of other nodes have found by their names. Such a place says by itself that it holds the actor, by way
 * of its node's object manager; the actor lives at least until it has said that this is known.
 */
export class Lookups {
  readonly #options: LookupsOptions;
  readonly #kept: Map<PlaceId, ActorId[]> = new Map();

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  found(id: ActorId, by: PlaceId): void {
    this.#options.hold(id);
    const kept = this.#kept.get(by);
    if (kept === undefined) this.#kept.set(by, [id]);
    else kept.push(id);
  }

  /** The place's hold is known. */
  held(id: ActorId, by: PlaceId): void {
    const kept = this.#kept.get(by);
    const at = kept?.indexOf(id) ?? -1;
    if (kept === undefined || at < 0) return;
    kept.splice(at, 1);
    if (kept.length === 0) this.#kept.delete(by);
    this.#options.drop(id);
  }

  placeLost(place: PlaceId): void {
    const kept = this.#kept.get(place);
    this.#kept.delete(place);
    for (const id of kept ?? []) this.#options.drop(id);
  }

  nodeLost(node: NodeNumber): void {
    for (const place of [...this.#kept.keys()]) if (nodeOf(place) === node) this.placeLost(place);
  }
}
