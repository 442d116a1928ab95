import type { ObjectRow } from "../../runtime/contracts/mod.ts";
import { type ObjectId, ownerOf, workerId } from "../../runtime/kernel/mod.ts";
import type { Holdings } from "./holdings.ts";
import type { ObjectStore } from "./store.ts";

/** An object of this node, as it is told of. */
export function rowOf(id: ObjectId, store: ObjectStore, holdings: Holdings): ObjectRow {
  const { state, bytes } = { state: store.stateOf(id) ?? "PENDING", bytes: store.bytesOf(id) ?? 0 };
  const heldBy = holdings.holders(id).map(workerId);
  const inline = store.inlineOf(id) !== undefined;
  return { objectId: id, state, bytes, owner: workerId(ownerOf(id)), holders: heldBy.length, heldBy, inline };
}
