import { type ObjectId, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { Holdings } from "./holdings.ts";
import { hasValue } from "./object_state.ts";
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
 * Answers with how many objects would go with this node: those that nobody has taken, and those of this home that other
 * nodes hold, of which nobody could tell where they are.
 */
export async function evacuate(targets: readonly PlaceId[], options: EvacuationOptions): Promise<number> {
  const { node, store, peers } = options;
  const given = new Map<PlaceId, number>(targets.map((target) => [target, 0]));
  const plan = new Map<PlaceId, ObjectId[]>();
  const foreign = (): ObjectId[] =>
    Array.from(store.ids()).filter((id) => homeOf(id) !== node && !peers.isLost(homeOf(id)) && isLargePrimary(id, store));
  for (const id of foreign()) {
    const home = homeOf(id);
    const target = [...given].reduce<PlaceId>((least, [each, sum]) => (sum < (given.get(least) ?? Infinity) ? each : least), home);
    given.set(target, (given.get(target) ?? 0) + (store.bytesOf(id) ?? 0));
    plan.set(target, [...(plan.get(target) ?? []), id]);
  }
  await Promise.all(Array.from(plan, ([target, ids]) => giveAll(ids, target, options)));
  const own = Array.from(store.ids()).filter((id) => homeOf(id) === node && isHeldElsewhere(id, options));
  return foreign().length + own.length;
}

async function giveAll(ids: readonly ObjectId[], target: PlaceId, { peers, store }: EvacuationOptions): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    let adopted: readonly ObjectId[] = [];
    await peers.acknowledged(target, async (peer) => {
      adopted = await peer.adopt(some);
    });
    if (peers.isLost(target)) return;
    for (const id of adopted) {
      store.keep(id, false);
      // Its home has another keep it from now on.
      peers.tell(homeOf(id)).evicted([id]);
    }
  }
}

/** A large value, in memory or on disk, that this node has to keep. */
export function isLargePrimary(id: ObjectId, store: ObjectStore): boolean {
  return store.isPrimary(id) && store.inlineOf(id) === undefined && hasValue(store.stateOf(id));
}

function isHeldElsewhere(id: ObjectId, { node, holdings }: EvacuationOptions): boolean {
  return holdings.holders(id).some((place) => systemPlaceOf(place) !== node);
}
