import { describe, expect, test } from "bun:test";
import { PubSubService, Subscriber } from "../../../actors/gcs/mod.ts";
import type { PubSubContract } from "../../../runtime/contracts/mod.ts";
import { ActorNumber, HEAD_PLACE, nodeOf, type PlaceId, placeId, serve } from "../../../runtime/kernel/mod.ts";
import { rejectionText } from "../../rejection.ts";
import { bench } from "./harness.ts";
import { Places, settled } from "./places.ts";

async function cluster(options: { queue?: number; batch?: number } = {}) {
  const places = new Places();
  const { gcs } = await bench({ limits: { subscriberQueue: options.queue ?? 100, subscriptions: 3 } });
  const kernel = places.add(HEAD_PLACE);
  const dead = new Set<number>();
  const service = new PubSubService({ kernel, pubsub: gcs.pubsub, batch: options.batch ?? 2, isDead: (node) => dead.has(node) });
  kernel.register(ActorNumber.pubsub, serve<PubSubContract>(kernel, service));
  const faults: unknown[] = [];
  const join = (place: PlaceId) => {
    const own = places.add(place);
    const subscriber = new Subscriber(own, (error) => faults.push(error));
    own.register(ActorNumber.subscriptions, serve(own, subscriber));
    return subscriber;
  };
  return { places, gcs, kernel, dead, faults, join };
}

/** Writes down what a subscription tells. */
function notes() {
  const told: unknown[] = [];
  return { told, message: (_key: string, message: unknown) => void told.push(message), resync: () => void told.push("resync") };
}

const FAR = placeId(3, 0);
const FARTHER = placeId(4, 5);

describe("publishing to other places", () => {
  test("a subscriber anywhere hears resync and then each message once, in order", async () => {
    const { gcs, join } = await cluster();
    const [one, other] = [notes(), notes()];
    await join(FAR).subscribe({ channel: "c" }, one);
    await join(FARTHER).subscribe({ channel: "c", key: "odd" }, other);
    const bytes = new Uint8Array([1, 2]);
    for (let i = 0; i < 7; i++) gcs.pubsub.publish("c", i % 2 ? "odd" : "even", i);
    gcs.pubsub.publish("c", "even", { bytes });
    await settled();
    expect(one.told.slice(0, 8)).toEqual(["resync", 0, 1, 2, 3, 4, 5, 6]);
    expect([...(one.told[8] as { bytes: Uint8Array }).bytes]).toEqual([1, 2]);
    expect(other.told).toEqual(["resync", 1, 3, 5]);
  });

  test("one that does not take anything costs its queue and no more, then hears resync; others hear all", async () => {
    const { gcs, join, places } = await cluster({ queue: 4 });
    const [slow, quick] = [notes(), notes()];
    await join(FAR).subscribe({ channel: "c" }, slow);
    await join(FARTHER).subscribe({ channel: "c" }, quick);
    places.stall(FAR);
    for (let i = 0; i < 20; i++) {
      gcs.pubsub.publish("c", "k", i);
      await settled();
    }
    expect(gcs.pubsub.waiting(FAR)).toBe(4);
    expect(quick.told).toEqual(["resync", ...Array.from({ length: 20 }, (_, i) => i)]);
    places.resume(FAR);
    await settled();
    expect(slow.told).toEqual(["resync", 0, "resync", 16, 17, 18, 19]);
    gcs.pubsub.publish("c", "k", 20);
    await settled();
    expect(slow.told.at(-1)).toBe(20);
  });

  test("a place that dies is forgotten, also while a message is on its way to it", async () => {
    const { gcs, join, places } = await cluster();
    await join(FAR).subscribe({ channel: "c" }, notes());
    places.stall(FAR);
    gcs.pubsub.publish("c", "k", 1);
    await settled();
    places.lose(FAR);
    await settled();
    expect([gcs.pubsub.subscriberCount, gcs.pubsub.wanted("c", "k")]).toEqual([0, false]);
  });

  test("a node that dies takes its subscribers; its last words subscribe nobody", async () => {
    const { gcs, join, dead } = await cluster();
    const far = join(FAR);
    await far.subscribe({ channel: "c" }, notes());
    await join(FARTHER).subscribe({ channel: "c" }, notes());
    gcs.pubsub.dropNode(nodeOf(FAR));
    dead.add(nodeOf(FAR));
    expect(gcs.pubsub.subscriberCount).toBe(1);
    expect(await rejectionText(far.subscribe({ channel: "d" }, notes()))).toContain("declared dead");
    expect(gcs.pubsub.wanted("d", "k")).toBe(false);
  });

  test("the end of one listener leaves others of the topic, the last one's ends the subscription", async () => {
    const { gcs, join } = await cluster();
    const far = join(FAR);
    const [first, second] = [notes(), notes()];
    const endFirst = await far.subscribe({ channel: "c" }, first);
    const coming = far.subscribe({ channel: "c" }, second);
    endFirst();
    const endSecond = await coming;
    gcs.pubsub.publish("c", "k", 1);
    await settled();
    expect([first.told, second.told]).toEqual([["resync"], ["resync", 1]]);
    endSecond();
    await settled();
    expect(gcs.pubsub.wanted("c", "k")).toBe(false);
  });

  test("after the head was started anew everything is subscribed again, and each hears resync", async () => {
    const { gcs, join } = await cluster();
    const far = join(FAR);
    const [one, other] = [notes(), notes()];
    await far.subscribe({ channel: "c" }, one);
    await far.subscribe({ channel: "d", key: "k" }, other);
    gcs.pubsub.drop(FAR);
    await far.resubscribe();
    gcs.pubsub.publish("c", "k", 1);
    gcs.pubsub.publish("d", "k", 2);
    await settled();
    expect([one.told, other.told]).toEqual([
      ["resync", "resync", 1],
      ["resync", "resync", 2],
    ]);
  });

  test("a listener that throws is reported and loses nothing, for itself or others", async () => {
    const { gcs, join, faults } = await cluster();
    const far = join(FAR);
    const sound = notes();
    const broken = () => {
      throw new Error("broken");
    };
    await far.subscribe({ channel: "c" }, { message: broken, resync: () => {} });
    await far.subscribe({ channel: "c" }, sound);
    for (let i = 0; i < 5; i++) gcs.pubsub.publish("c", "k", i);
    await settled();
    expect(sound.told).toEqual(["resync", 0, 1, 2, 3, 4]);
    expect(faults.length).toBe(5);
  });

  test("a subscription past the limit is refused by name, and the others hold", async () => {
    const { gcs, join } = await cluster();
    const far = join(FAR);
    const held = notes();
    for (const key of ["a", "b", "c"]) await far.subscribe({ channel: "c", key }, held);
    expect(await rejectionText(far.subscribe({ channel: "c", key: "d" }, notes()))).toContain("subscriptions");
    gcs.pubsub.publish("c", "a", 1);
    await settled();
    expect(held.told.at(-1)).toBe(1);
  });

  test("the head itself may subscribe as any place does", async () => {
    const { gcs, kernel } = await cluster();
    const own = new Subscriber(kernel, () => {});
    kernel.register(ActorNumber.subscriptions, serve(kernel, own));
    const here = notes();
    await own.subscribe({ channel: "c" }, here);
    gcs.pubsub.publish("c", "k", 1);
    await settled();
    expect(here.told).toEqual(["resync", 1]);
  });
});
