import { HEAD_PLACE, isActorId, ownerOf, type PlaceId, systemPlaceOf } from "../kernel/mod.ts";

/** The object manager that knows who holds an object or an actor: that of its owner's node; for an actor the head's. */
export function homeOf(id: string): PlaceId {
  return isActorId(id) ? HEAD_PLACE : systemPlaceOf(ownerOf(id));
}
