import { ObjectFreedError, ObjectLostError } from "../../runtime/errors/mod.ts";
import { type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { Directory } from "./directory.ts";
import type { GoneOwners } from "./gone_owners.ts";
import { hasValue } from "./object_state.ts";
import type { Peers } from "./peers.ts";
import type { ObjectStore } from "./store.ts";

export interface WhereaboutsOptions {
  node: PlaceId;
  peers: Peers;
  store: ObjectStore;
  gone: GoneOwners;
  directory: Directory;
  /** Objects of this home that `free` was called for. */
  freed: ReadonlySet<ObjectId>;
}

/** Where objects are, as far as this node can tell: of those of this home it knows all. */
export class Whereabouts {
  readonly #options: WhereaboutsOptions;

  constructor(options: WhereaboutsOptions) {
    this.#options = options;
  }

  /** Whether this node counts who holds it. */
  isOwn(id: ObjectId): boolean {
    return homeOf(id) === this.#options.node;
  }

  isHere(id: ObjectId): boolean {
    return hasValue(this.#options.store.stateOf(id));
  }

  /** Of another home, what is not here is awaited; why there will be no value. */
  of(id: ObjectId): "here" | "elsewhere" | "awaited" | Error {
    const { peers, store, gone, directory, freed } = this.#options;
    if (this.isHere(id)) return "here";
    if (!this.isOwn(id)) return peers.isLost(homeOf(id)) ? gone.errorFor(id) : "awaited";
    if (freed.has(id)) return new ObjectFreedError({ objectId: id });
    if (directory.has(id)) return "elsewhere";
    if (gone.has(ownerOf(id))) return gone.errorFor(id);
    return store.stateOf(id) === "LOST" ? new ObjectLostError({ objectId: id }) : "awaited";
  }
}
