import type { Caller } from "../kernel/mod.ts";

/** What a subscriber is given. */
export type Notice =
  | { readonly type: "message"; readonly channel: string; readonly key: string; readonly message: unknown }
  /** The subscriber was slow: `missed` messages of `channel` were dropped before the next; read the state anew. */
  | { readonly type: "gap"; readonly channel: string; readonly missed: number };

/** A channel, or one key of it. */
export interface Topic {
  readonly channel: string;
  readonly key?: string;
}

/**
 * The control store's publisher, at the head. The caller's place is the subscriber: what is published on its topics
 * is sent to `ActorNumber.subscriptions` there until it unsubscribes or dies.
 */
export interface PubSubContract {
  /** Answers when the subscription is in force: what is published from then on will come. */
  subscribe(caller: Caller, topics: readonly Topic[]): void;
  /** What is on its way still comes. */
  unsubscribe(caller: Caller, topics: readonly Topic[]): void;
}

/** A place that subscribes. */
export interface SubscriberContract {
  /** Answers when it is ready for more: the next notices are sent then, and wait at the publisher until then. */
  notices(caller: Caller, notices: readonly Notice[]): Promise<void> | void;
}
