import type { Notice, Topic } from "../../runtime/contracts/mod.ts";
import { type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { assertWithin, type GcsLimits } from "./limits.ts";
import { MultiMap } from "./multi_map.ts";
import { Ring } from "./ring.ts";

export type { Notice, Topic };

type Message = Extract<Notice, { type: "message" }>;

/**
 * Publish and subscribe, at most once. Messages to one subscriber keep their order; a topic named twice, or
 * a key and its whole channel, gives each message once.
 *
 * Nothing is sent from here: `onReady(subscriber)` says that a queue is no longer empty, once until it has
 * been drained to its end, and the caller then takes with `drain` as fast as the subscriber keeps up. A
 * subscriber that does not loses its oldest messages and is told how many: it costs `subscriberQueue`
 * notices, however slow.
 */
export class PubSub {
  readonly #limits: GcsLimits;
  onReady: (subscriber: PlaceId) => void;
  readonly #subscribers = new Map<PlaceId, Subscriber>();
  readonly #channels = new MultiMap<string, Subscriber>();
  readonly #keys = new Map<string, MultiMap<string, Subscriber>>();

  constructor(limits: GcsLimits, onReady: (subscriber: PlaceId) => void = () => {}) {
    this.#limits = limits;
    this.onReady = onReady;
  }

  /** @throws LimitExceededError past `subscriptions` for one subscriber. */
  subscribe(topic: Topic, subscriber: PlaceId): void {
    let entry = this.#subscribers.get(subscriber);
    const held = entry?.topics.get(topic.channel);
    if (topic.key === undefined ? held?.whole : held?.keys.has(topic.key)) return;
    assertWithin(this.#limits, "subscriptions", {
      what: `Subscriptions of ${subscriber}`,
      actual: (entry?.count ?? 0) + 1,
    });
    if (!entry) this.#subscribers.set(subscriber, (entry = new Subscriber(subscriber, this.#limits.subscriberQueue)));
    entry.add(topic);
    if (topic.key === undefined) return this.#channels.add(topic.channel, entry);
    let keys = this.#keys.get(topic.channel);
    if (!keys) this.#keys.set(topic.channel, (keys = new MultiMap()));
    keys.add(topic.key, entry);
  }

  /** Ends one subscription; what is queued of it still comes. */
  unsubscribe(topic: Topic, subscriber: PlaceId): void {
    const entry = this.#subscribers.get(subscriber);
    if (!entry?.remove(topic)) return;
    this.#unlink(topic, entry);
    if (entry.count === 0 && entry.queue.size === 0) this.#subscribers.delete(subscriber);
  }

  /** Forgets a subscriber that is gone, with its queue. */
  drop(subscriber: PlaceId): void {
    const entry = this.#subscribers.get(subscriber);
    if (!entry) return;
    this.#subscribers.delete(subscriber);
    for (const [channel, held] of entry.topics) {
      if (held.whole) this.#unlink({ channel }, entry);
      for (const key of held.keys) this.#unlink({ channel, key }, entry);
    }
  }

  /** Forgets every subscriber of a node that is gone. */
  dropNode(node: NodeNumber): void {
    for (const subscriber of [...this.#subscribers.keys()]) if (nodeOf(subscriber) === node) this.drop(subscriber);
  }

  /** Whether somebody would get a message on this topic: spares making one for nobody. */
  wanted(channel: string, key: string): boolean {
    return this.#channels.has(channel) || (this.#keys.get(channel)?.has(key) ?? false);
  }

  publish(channel: string, key: string, message: unknown): void {
    if (!this.wanted(channel, key)) return;
    const notice: Message = { type: "message", channel, key, message };
    const whole = this.#channels.get(channel);
    for (const entry of whole) this.#enqueue(entry, notice);
    for (const entry of this.#keys.get(channel)?.get(key) ?? []) {
      if (!entry.topics.get(channel)?.whole) this.#enqueue(entry, notice);
    }
  }

  /** Takes up to `max` messages for `subscriber`, with the gap notices before them. */
  drain(subscriber: PlaceId, max: number = Infinity): Notice[] {
    const entry = this.#subscribers.get(subscriber);
    if (!entry) return [];
    const notices: Notice[] = [];
    for (const [channel, missed] of entry.missed) notices.push({ type: "gap", channel, missed });
    entry.missed.clear();
    for (let taken = 0; taken < max; taken++) {
      const message = entry.queue.shift();
      if (!message) break;
      notices.push(message);
    }
    if (entry.queue.size === 0) {
      entry.announced = false;
      if (entry.count === 0) this.#subscribers.delete(subscriber);
    }
    return notices;
  }

  /** Messages queued for a subscriber. */
  waiting(subscriber: PlaceId): number {
    return this.#subscribers.get(subscriber)?.queue.size ?? 0;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  #enqueue(entry: Subscriber, notice: Message): void {
    const dropped = entry.queue.push(notice);
    if (dropped) entry.missed.set(dropped.channel, (entry.missed.get(dropped.channel) ?? 0) + 1);
    if (entry.announced) return;
    entry.announced = true;
    this.onReady(entry.id);
  }

  #unlink(topic: Topic, entry: Subscriber): void {
    if (topic.key === undefined) return this.#channels.delete(topic.channel, entry);
    const keys = this.#keys.get(topic.channel);
    keys?.delete(topic.key, entry);
    if (keys?.keyCount === 0) this.#keys.delete(topic.channel);
  }
}

class Subscriber {
  readonly id: PlaceId;
  readonly topics = new Map<string, { whole: boolean; readonly keys: Set<string> }>();
  readonly queue: Ring<Message>;
  /** Messages dropped since the last drain, by channel. */
  readonly missed = new Map<string, number>();
  announced = false;
  count = 0;

  constructor(id: PlaceId, capacity: number) {
    this.id = id;
    this.queue = new Ring(capacity);
  }

  add({ channel, key }: Topic): void {
    let held = this.topics.get(channel);
    if (!held) this.topics.set(channel, (held = { whole: false, keys: new Set() }));
    if (key === undefined) held.whole = true;
    else held.keys.add(key);
    this.count++;
  }

  /** False when there was no such subscription. */
  remove({ channel, key }: Topic): boolean {
    const held = this.topics.get(channel);
    if (!held || !(key === undefined ? held.whole : held.keys.delete(key))) return false;
    if (key === undefined) held.whole = false;
    if (!held.whole && held.keys.size === 0) this.topics.delete(channel);
    this.count--;
    return true;
  }
}
