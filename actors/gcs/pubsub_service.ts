import type { PubSubContract, SubscriberContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Caller, type Kernel, type NodeNumber, nodeOf, type PlaceId, remoteContract } from "../../runtime/kernel/mod.ts";
import type { PubSub, Topic } from "./pubsub.ts";

export interface PubSubServiceOptions {
  readonly kernel: Kernel;
  readonly pubsub: PubSub;
  /** Notices in one message. Default 256. */
  readonly batch?: number;
  /** Whether that node was declared dead: its last words may arrive after that. */
  readonly isDead?: (node: NodeNumber) => boolean;
}

const BATCH = 256;

/**
 * Publishes to subscribers at any place. One message is under way to each at a time; meanwhile notices wait in its
 * queue, which is bounded (`subscriberQueue`) and tells of what it dropped. Whoever declares a place or a node dead
 * drops it from the `PubSub`.
 */
export class PubSubService implements PubSubContract {
  readonly #options: PubSubServiceOptions;
  readonly #sending: Set<PlaceId> = new Set();

  /** Takes over `pubsub.onReady`. */
  constructor(options: PubSubServiceOptions) {
    this.#options = options;
    options.pubsub.onReady = (subscriber) => this.#send(subscriber);
  }

  /** @throws LimitExceededError past `subscriptions`; the topics before are in force. */
  subscribe({ from }: Caller, topics: readonly Topic[]): void {
    if (this.#options.isDead?.(nodeOf(from))) throw new Error(`node ${nodeOf(from)} was declared dead`);
    for (const topic of topics) this.#options.pubsub.subscribe(topic, from);
  }

  unsubscribe({ from }: Caller, topics: readonly Topic[]): void {
    for (const topic of topics) this.#options.pubsub.unsubscribe(topic, from);
  }

  async #send(subscriber: PlaceId): Promise<void> {
    // Dropped and subscribed again while a message was under way: that one's end goes on with the new queue.
    if (this.#sending.has(subscriber)) return;
    this.#sending.add(subscriber);
    const { kernel, pubsub, batch = BATCH } = this.#options;
    const { notices } = remoteContract<SubscriberContract>(kernel, subscriber, ActorNumber.subscriptions);
    try {
      for (;;) {
        // Notices of this turn go together: at its end, whatever made the first of them has made them all.
        await Promise.resolve();
        const next = pubsub.drain(subscriber, batch);
        if (next.length === 0) return;
        await notices(next);
      }
    } catch {
      // The place is gone, or can't take what it asked for: either way it has missed something.
      pubsub.drop(subscriber);
    } finally {
      this.#sending.delete(subscriber);
    }
  }
}
