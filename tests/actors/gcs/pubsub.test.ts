import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { gcsLimits } from "../../../actors/gcs/limits.ts";
import { type Notice, PubSub } from "../../../actors/gcs/pubsub.ts";
import { actorSpec, addJob, bench } from "./harness.ts";

const limits = gcsLimits({ subscriberQueue: 4, subscriptions: 3 });
const messages = (notices: Notice[]) => notices.map((notice) => (notice.type === "gap" ? `-${notice.missed}` : notice.message));

describe("publish and subscribe", () => {
  test("gives each message once, in order, to those who asked for its channel or key", () => {
    const pubsub = new PubSub(limits);
    pubsub.subscribe({ channel: "c" }, 1);
    pubsub.subscribe({ channel: "c", key: "a" }, 1);
    pubsub.subscribe({ channel: "c", key: "a" }, 2);
    pubsub.publish("c", "a", "x");
    pubsub.publish("c", "b", "y");
    pubsub.publish("other", "a", "z");
    expect(messages(pubsub.drain(1))).toEqual(["x", "y"]);
    expect(messages(pubsub.drain(2))).toEqual(["x"]);
    expect(pubsub.drain(3)).toEqual([]);
  });

  test("a slow subscriber loses the oldest, is told how many of which channel, and holds up nobody", () => {
    const pubsub = new PubSub(limits);
    for (const subscriber of [1, 2]) for (const channel of ["c", "d"]) pubsub.subscribe({ channel }, subscriber);
    const seen: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      pubsub.publish(i < 3 ? "d" : "c", "k", i);
      seen.push(...messages(pubsub.drain(2)));
    }
    expect(pubsub.drain(1, 2)).toEqual([
      { type: "gap", channel: "d", missed: 3 },
      { type: "gap", channel: "c", missed: 3 },
      { type: "message", channel: "c", key: "k", message: 6 },
      { type: "message", channel: "c", key: "k", message: 7 },
    ]);
    expect(messages(pubsub.drain(1))).toEqual([8, 9]);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("says once that a queue is ready, and again only after it was drained to its end", () => {
    const ready: number[] = [];
    const pubsub = new PubSub(limits, (subscriber) => ready.push(subscriber));
    pubsub.subscribe({ channel: "c" }, 1);
    for (let i = 0; i < 3; i++) pubsub.publish("c", "k", i);
    pubsub.drain(1, 1);
    pubsub.publish("c", "k", 3);
    expect(ready).toEqual([1]);
    pubsub.drain(1);
    pubsub.publish("c", "k", 4);
    expect(ready).toEqual([1, 1]);
  });

  test("unsubscribing and dropping leave nothing behind", () => {
    const pubsub = new PubSub(limits);
    pubsub.subscribe({ channel: "c" }, 1);
    pubsub.subscribe({ channel: "c", key: "a" }, 1);
    pubsub.publish("c", "a", "x");
    pubsub.unsubscribe({ channel: "c" }, 1);
    expect([pubsub.wanted("c", "a"), pubsub.wanted("c", "b")]).toEqual([true, false]);
    pubsub.unsubscribe({ channel: "c", key: "a" }, 1);
    expect(messages(pubsub.drain(1))).toEqual(["x"]);
    expect([pubsub.wanted("c", "a"), pubsub.subscriberCount]).toEqual([false, 0]);
    pubsub.subscribe({ channel: "c", key: "a" }, 2);
    pubsub.publish("c", "a", "y");
    pubsub.drop(2);
    expect([pubsub.wanted("c", "a"), pubsub.subscriberCount, pubsub.drain(2).length]).toEqual([false, 0, 0]);
  });

  test("subscriptions are bounded by name, and asking twice is one", () => {
    const pubsub = new PubSub(limits);
    for (const key of ["a", "a", "b", "c"]) pubsub.subscribe({ channel: "c", key }, 1);
    expect(() => pubsub.subscribe({ channel: "c", key: "d" }, 1)).toThrow("subscriptions");
    expect(pubsub.wanted("c", "d")).toBe(false);
  });

  test("whatever is published and however it is drained, messages and gaps add up and keep their order", () => {
    const step = fc.oneof(fc.constant("publish"), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pubsub = new PubSub(limits);
        pubsub.subscribe({ channel: "c" }, 1);
        let published = 0;
        let next = 0;
        const take = (notices: Notice[]) => {
          for (const notice of notices) {
            if (notice.type === "gap") next += notice.missed;
            else expect(notice.message).toBe(next++);
          }
        };
        for (const each of steps) {
          if (typeof each === "number") take(pubsub.drain(1, each));
          else pubsub.publish("c", "k", published++);
        }
        take(pubsub.drain(1));
        expect(next).toBe(published);
      }),
    );
  });

  test("a table's changes are published under its name and the row's id", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    gcs.pubsub.subscribe({ channel: "actors", key: "a" }, 9);
    gcs.registerActor(actorSpec("a"), 1);
    gcs.registerActor(actorSpec("b"), 1);
    gcs.actors.alive("a", { incarnation: 0, place: 5 });
    gcs.loseActor("a", { death: { cause: "exit" }, restart: false });
    const states = gcs.pubsub.drain(9).map((notice) => (notice.type === "message" ? (notice.message as { state: string }).state : notice));
    expect(states).toEqual(["PENDING_CREATION", "ALIVE", "DEAD"]);
  });
});
