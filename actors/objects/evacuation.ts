import { type ObjectId, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { Holdings } from "./holdings.ts";
import type { Peers } from "./peers.ts";
import type { ObjectStore } from "./store.ts";

export interface EvacuationOptions {
  node: PlaceId;
  store: ObjectStore;
  holdings: Holdings;
  peers: Peers;
}

/** As many go to a node at a time: what it pulls at once is bounded there. */
const AT_ONCE = 64;

/**
 * Gives the large values that this node alone keeps, for homes on other nodes, to others before it leaves. To those that
 * have been given least of this node's, by bytes; if there are none, to their homes.
 *
 * Answers with the number of objects of this home that other nodes hold: nobody could tell where those are once this
 * node is gone.
 */
export async function evacuate(targets: readonly PlaceId[], options: EvacuationOptions): Promise<number> {
  const { node, store, peers } = options;
  const given = new Map<PlaceId, number>(targets.map((target) => [target, 0]));
  const plan = new Map<PlaceId, ObjectId[]>();
  for (const id of store.ids()) {
    const home = homeOf(id);
    if (home === node || peers.isLost(home) || !isLargePrimary(id, store)) continue;
    const target = [...given].reduce<PlaceId>((least, [each, sum]) => (sum < (given.get(least) ?? Infinity) ? each : least), home);
    given.set(target, (given.get(target) ?? 0) + (store.bytesOf(id) ?? 0));
    plan.set(target, [...(plan.get(target) ?? []), id]);
  }
  await Promise.all(Array.from(plan, ([target, ids]) => giveAll(ids, target, options)));
  return Array.from(store.ids()).filter((id) => homeOf(id) === node && isHeldElsewhere(id, options)).length;
}

async function giveAll(ids: readonly ObjectId[], target: PlaceId, { peers, store }: EvacuationOptions): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    await peers.acknowledged(target, (peer) => peer.adopt(some));
    if (peers.isLost(target)) return;
    for (const id of some) {
      store.keep(id, false);
      // Its home has another keep it from now on.
      peers.tell(homeOf(id)).evicted([id]);
    }
  }
}

/** A large value, in memory or on disk. */
function isLargePrimary(id: ObjectId, store: ObjectStore): boolean {
  const state = store.stateOf(id);
  return store.isPrimary(id) && store.inlineOf(id) === undefined && state !== "PENDING" && state !== "FREED" && state !== "LOST";
}

function isHeldElsewhere(id: ObjectId, { node, holdings }: EvacuationOptions): boolean {
  return holdings.holders(id).some((place) => systemPlaceOf(place) !== node);
}
