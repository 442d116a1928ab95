import { type Death, describeDeath, OwnerDiedError } from "../../runtime/errors/mod.ts";
import { type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";

/** Deaths that are told in full; of those before it is known that they were. */
const KEPT = 1_000;

/** The places that are gone, of this node and others, and how they ended. */
export class GoneOwners {
  readonly #places: Set<PlaceId> = new Set();
  readonly #deaths: Map<PlaceId, Death> = new Map();

  /** `place`: a node's system place stands for all of it. */
  add(place: PlaceId, death: Death | undefined): void {
    this.#places.add(place);
    if (death === undefined) return;
    this.#deaths.set(place, death);
    if (this.#deaths.size > KEPT) this.#deaths.delete(this.#deaths.keys().next().value as PlaceId);
  }

  has(place: PlaceId): boolean {
    return this.#places.has(place);
  }

  /** What stands in the place of an object whose owner is gone. */
  errorFor(id: ObjectId): OwnerDiedError {
    const death = this.#deaths.get(ownerOf(id)) ?? this.#deaths.get(homeOf(id));
    if (death === undefined) return new OwnerDiedError({ objectId: id });
    const { nodeId, workerId, lastLogs } = death;
    const reason = describeDeath(workerId === undefined ? `node ${nodeId ?? "(unknown)"}` : `worker ${workerId}`, death);
    return new OwnerDiedError({ objectId: id, reason, ...(nodeId !== undefined && { nodeId }), ...(lastLogs !== undefined && { lastLogs }) });
  }
}
