/**
 * Names of things, as small values that travel.
 *
 * A place is a number: node number × 2²⁰ + the place's number within its node, so that it is unique in a
 * cluster and cheap in every envelope. An object is named by the place that made it and a running number there.
 */
export type PlaceId = number;
export type NodeNumber = number;
export type ObjectId = string;
export type ActorId = string;

const PLACES_PER_NODE = 2 ** 20;

/** The system worker is place 0 of its node, the thread that started the node is place 1. */
export const SYSTEM_SLOT = 0;
export const DRIVER_SLOT = 1;
export const FIRST_WORKER_SLOT = 2;

/**
 * The number under which the control store is reached, whichever node has it. A head that others can take over has a
 * number of its own beside, one of the last half: what was at an earlier head's places is never taken for its own.
 */
export const HEAD_NODE: NodeNumber = 1;

/** The numbers of heads that can be taken over; those of other nodes are below. */
export const HEAD_NUMBERS: { readonly from: NodeNumber; readonly to: NodeNumber } = { from: 2 ** 19, to: 2 ** 20 - 1 };

export function placeId(node: NodeNumber, slot: number): PlaceId {
  return node * PLACES_PER_NODE + slot;
}

/** Whether its node has no place after this one. */
export function isLastOfNode(place: PlaceId): boolean {
  return place % PLACES_PER_NODE === PLACES_PER_NODE - 1;
}

export function nodeOf(place: PlaceId): NodeNumber {
  return Math.floor(place / PLACES_PER_NODE);
}

/** The head's system worker: the control store, the global scheduler and the keepers of actors and placement groups. */
export const HEAD_PLACE: PlaceId = placeId(HEAD_NODE, SYSTEM_SLOT);

/** Whether the control store may be at `place`: at the first node's system worker, or at that of a head that can be taken over. */
export function mayBeHead(place: PlaceId): boolean {
  return place === HEAD_PLACE || (place === systemPlaceOf(place) && nodeOf(place) >= HEAD_NUMBERS.from);
}

/** The place of the system worker of the node that `place` belongs to. */
export function systemPlaceOf(place: PlaceId): PlaceId {
  return place - (place % PLACES_PER_NODE);
}

/** Which places are gone with `lost`: that place alone, or, for a system worker's place, all of its node. */
export function goneWith(lost: PlaceId): (place: PlaceId) => boolean {
  return (place) => place === lost || systemPlaceOf(place) === lost;
}

export function objectId(owner: PlaceId, sequence: number): ObjectId {
  return `o${owner.toString(36)}-${sequence.toString(36)}`;
}

export function actorId(owner: PlaceId, sequence: number): ActorId {
  return `a${owner.toString(36)}-${sequence.toString(36)}`;
}

export function placementGroupId(owner: PlaceId, sequence: number): string {
  return `p${owner.toString(36)}-${sequence.toString(36)}`;
}

/** The place that made an object or an actor. */
export function ownerOf(id: ObjectId | ActorId): PlaceId {
  return Number.parseInt(id.slice(1, id.indexOf("-")), 36);
}

export function sequenceOf(id: ObjectId): number {
  return Number.parseInt(id.slice(id.indexOf("-") + 1), 36);
}

/** Whether it is an item of a generator: the generator's own id, a dot and its index. */
export function isItem(id: ObjectId): boolean {
  return id.includes(".");
}

export function isActorId(id: string): id is ActorId {
  return id.charCodeAt(0) === 97;
}

export function taskId(owner: PlaceId, sequence: number): string {
  return `t${owner.toString(36)}-${sequence.toString(36)}`;
}

export function workerId(place: PlaceId): string {
  return `w${place.toString(36)}`;
}
