import type { Attachment } from "../../net/mod.ts";

/**
 * A message to an actor: the actor's number at its place, what is asked of it, and fields by position.
 * A numeric `op` is a hot-path message that the actor reads by hand; a string `op` is a method of its contract.
 */
export type Envelope = [to: number, op: number | string, ...fields: unknown[]];

/** What came beside the bytes of the frame that an envelope travelled in; fields refer to it by index. */
export interface Delivery {
  readonly from: number;
  readonly attachments: readonly Attachment[];
}

/** Well-known actors. Every place has the first three, a worker the fourth; the system worker has the rest. */
export const ActorNumber = {
  kernel: 0,
  executor: 1,
  caller: 2,
  place: 3,
  node: 10,
  gcs: 11,
  localScheduler: 12,
  globalScheduler: 13,
  objects: 14,
  workers: 15,
  logs: 16,
  actors: 17,
  placementGroups: 18,
  bundles: 19,
  kv: 20,
  pubsub: 21,
  cluster: 22,
  member: 23,
  seats: 24,
  nodeObjects: 25,
  subscriptions: 26,
  state: 27,
} as const;

/** An actor: it gets one envelope at a time, in the order in which each sender sent them. */
export interface Actor {
  receive(envelope: Envelope, delivery: Delivery): void;
}
