import { describe, expect, test } from "bun:test";
import { encodeBatch, type Frame, type Link } from "../../../net/mod.ts";
import { ActorNumber, HEAD_NUMBERS, HEAD_PLACE, Kernel, type PlaceId, placeId } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";

const SYSTEM = placeId(2, 0);
const DRIVER = placeId(2, 1);
const STRANGER = placeId(9, 0);
const silent: Link = { send: () => {}, close: () => {}, keepAlive: () => {} };

const frame = (from: PlaceId, bytes: Uint8Array, to: PlaceId = DRIVER): Frame => ({ to, from, bytes, attachments: [] });
const frameOf = (from: PlaceId, ...envelopes: unknown[]): Frame => frame(from, encodeBatch(envelopes));

function driver() {
  const faults: PlaceId[] = [];
  const linked: PlaceId[] = [];
  const kernel = new Kernel({
    place: DRIVER,
    faults: faultWire,
    onFault: (_error, from) => void faults.push(from),
    onLink: (place) => void linked.push(place),
  });
  kernel.connectGateway(SYSTEM, silent);
  return { kernel, faults, linked };
}

describe("a place that frames are forwarded to", () => {
  test("says so and goes on when one cannot be read", () => {
    const { kernel, faults } = driver();
    let heard = 0;
    kernel.register(ActorNumber.caller, { receive: () => void heard++ });
    for (const bytes of [new Uint8Array([0xff, 1, 2]), new Uint8Array(0), encodeBatch([null, 5])]) kernel.receive(frame(STRANGER, bytes));
    kernel.receive(frameOf(STRANGER, [ActorNumber.caller, 1]));
    expect(faults.length).toBeGreaterThanOrEqual(3);
    expect([new Set(faults), heard]).toEqual([new Set([STRANGER]), 1]);
  });

  test("takes links from its node's system worker alone", () => {
    const { kernel, linked, faults } = driver();
    kernel.receive(frameOf(STRANGER, [ActorNumber.kernel, "link", 5, 0]));
    expect([linked, faults]).toEqual([[], []]);
    kernel.receive(frameOf(SYSTEM, [ActorNumber.kernel, "link", 5, 0]));
    expect(linked).toEqual([5]);
  });
});

test("where links lead to their senders, a frame that cannot be read is the link's fault", () => {
  const kernel = new Kernel({ place: SYSTEM, faults: faultWire });
  expect(() => kernel.receive(frame(STRANGER, new Uint8Array([0xff, 1, 2]), SYSTEM))).toThrow();
});

describe("a question", () => {
  test("is answered by whoever was asked, and by nobody else", async () => {
    const { kernel } = driver();
    const answer = kernel.ask(placeId(3, 0), ActorNumber.node, "hello");
    kernel.receive(frameOf(STRANGER, [ActorNumber.kernel, "answer", 1, "a lie"]));
    kernel.receive(frameOf(STRANGER, [ActorNumber.kernel, "fault", 1, faultWire.toWire(new Error("a lie"))]));
    kernel.receive(frameOf(placeId(3, 0), [ActorNumber.kernel, "answer", 1, "the truth"]));
    expect(await answer).toBe("the truth");
  });

  test("to the head is answered by whoever is the head now", async () => {
    const { kernel } = driver();
    const answer = kernel.ask(HEAD_PLACE, ActorNumber.kv, "get");
    kernel.receive(frameOf(STRANGER, [ActorNumber.kernel, "answer", 1, "a lie"]));
    kernel.receive(frameOf(placeId(HEAD_NUMBERS.from + 3, 1), [ActorNumber.kernel, "answer", 1, "a lie"]));
    kernel.receive(frameOf(placeId(HEAD_NUMBERS.from + 3, 0), [ActorNumber.kernel, "answer", 1, "the truth"]));
    expect(await answer).toBe("the truth");
  });
});
