import type { Notice, PubSubContract, SubscriberContract, Topic } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Caller, HEAD_PLACE, type Kernel, type Remote, remoteContract } from "../../runtime/kernel/mod.ts";

/** What a subscription tells. */
export interface TopicListener {
  message(key: string, message: unknown): void;
  /** Messages may have been missed: read the state anew. Also told once the subscription is in force. */
  resync(): void;
}

interface Entry {
  readonly listener: TopicListener;
  /** From its first `resync` to its end. */
  live: boolean;
}

/**
 * A place's subscriptions at the head: register it as `ActorNumber.subscriptions` there. A listener first hears
 * `resync`, then every message that is published, until the next `resync`. What a listener throws goes to `onFault`.
 */
export class Subscriber implements SubscriberContract {
  readonly #head: Remote<PubSubContract>;
  readonly #listeners: Map<string, Map<string | undefined, Set<Entry>>> = new Map();
  readonly #onFault: (error: unknown) => void;

  constructor(kernel: Kernel, onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.#head = remoteContract<PubSubContract>(kernel, HEAD_PLACE, ActorNumber.pubsub);
  }

  /** Resolves when it is in force, with the way to end it. Rejects as the head does, and then nothing is subscribed. */
  async subscribe(topic: Topic, listener: TopicListener): Promise<() => void> {
    const { channel, key } = topic;
    let keys = this.#listeners.get(channel);
    if (!keys) this.#listeners.set(channel, (keys = new Map()));
    let listeners = keys.get(key);
    if (!listeners) keys.set(key, (listeners = new Set()));
    // There from now on, so that the end of another one does not end the subscription under way.
    const entry: Entry = { listener, live: false };
    listeners.add(entry);
    const end = () => this.#remove(topic, entry);
    try {
      await this.#head.subscribe([topic]);
    } catch (error) {
      end();
      throw error;
    }
    entry.live = true;
    this.#call(entry, () => listener.resync());
    return end;
  }

  /** After the head was started anew, which knows nothing of subscriptions: makes all of them again. */
  async resubscribe(): Promise<void> {
    const topics: Topic[] = [];
    for (const [channel, keys] of this.#listeners) {
      for (const key of keys.keys()) topics.push(key === undefined ? { channel } : { channel, key });
    }
    if (topics.length === 0) return;
    await this.#head.subscribe(topics);
    for (const channel of [...this.#listeners.keys()]) this.#resync(channel);
  }

  notices(_caller: Caller, notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.type === "gap") this.#resync(notice.channel);
      else this.#message(notice.channel, notice);
    }
  }

  #message(channel: string, { key, message }: Extract<Notice, { type: "message" }>): void {
    const keys = this.#listeners.get(channel);
    for (const entry of [...(keys?.get(undefined) ?? []), ...(keys?.get(key) ?? [])]) {
      this.#call(entry, () => entry.listener.message(key, message));
    }
  }

  #resync(channel: string): void {
    const entries = [...(this.#listeners.get(channel)?.values() ?? [])].flatMap((each) => [...each]);
    for (const entry of entries) this.#call(entry, () => entry.listener.resync());
  }

  #call(entry: Entry, action: () => void): void {
    if (!entry.live) return;
    try {
      action();
    } catch (error) {
      this.#onFault(error);
    }
  }

  #remove(topic: Topic, entry: Entry): void {
    entry.live = false;
    const keys = this.#listeners.get(topic.channel);
    const listeners = keys?.get(topic.key);
    if (!listeners?.delete(entry) || listeners.size > 0) return;
    keys?.delete(topic.key);
    if (keys?.size === 0) this.#listeners.delete(topic.channel);
    // Nobody waits for it: what still comes has no listener.
    this.#head.unsubscribe([topic]).catch(() => {});
  }
}
