import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { type Frame, Slice, WebSocketLink, type WebSocketLinkOptions } from "../../net/mod.ts";

const SMALL = 1024;
const LARGE = 128 * 1024;
const limits = { frameBytes: 1e7, attachmentBytes: 1e7, attachments: 1_000 };

/** A link over a socket that takes everything at once, and what it has sent. */
function linkWith(options: Partial<WebSocketLinkOptions>) {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const got: Frame[] = [];
  const due: (() => void)[] = [];
  const link = new WebSocketLink(
    { send: (message) => void sent.push(message.slice()), buffered: () => 0, close: () => {} },
    { onFrame: (frame) => got.push(frame) },
    { limits, later: (action) => void due.push(action), ...options },
  );
  const later = (): void => {
    for (const action of due.splice(0)) action();
  };
  return { link, sent, got, later };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const pattern = new Uint8Array(2 ** 22).map((_, i) => i * 31);

function filled(bytes: number): Uint8Array<ArrayBuffer> {
  return pattern.slice(0, bytes);
}

describe("a link whose socket holds messages back", () => {
  test("sends what would be held in messages that leave at once, and nothing is lost", async () => {
    const size = fc.oneof(fc.nat(100), fc.integer({ min: 900, max: 1_100 }), fc.nat(200_000), fc.integer({ min: 2 ** 21, max: 2 ** 21 + 60_000 }));
    const shape = fc.array(fc.record({ bytes: size, beside: fc.array(size, { maxLength: 2 }), sliced: fc.boolean() }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(shape, async (shapes) => {
        const { link, sent } = linkWith({ holds: true });
        const other = linkWith({});
        for (const { bytes, beside, sliced } of shapes) {
          const attachments = beside.map((each) => {
            const part = filled(each);
            if (sliced) return new Slice(part);
            const shared = new SharedArrayBuffer(each);
            new Uint8Array(shared).set(part);
            return shared;
          });
          link.send({ to: 1, from: 2, bytes: filled(bytes), attachments });
        }
        await turn();
        for (const message of sent) {
          expect(message.byteLength <= SMALL || message.byteLength >= LARGE).toBe(true);
          other.link.received(message.buffer);
        }
        const arrived = other.got.flatMap(({ bytes, attachments }) => [
          bytes,
          ...attachments.map((each) => new Uint8Array(each as SharedArrayBuffer)),
        ]);
        const left = shapes.flatMap(({ bytes, beside }) => [bytes, ...beside]);
        expect(arrived.map(({ byteLength }) => byteLength)).toEqual(left);
        expect(arrived.every((bytes) => Buffer.from(filled(bytes.byteLength)).equals(bytes))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("keeps a head whole that is longer than a small message", async () => {
    const { link, sent } = linkWith({ holds: true });
    const other = linkWith({});
    const attachments = Array.from({ length: 300 }, () => new SharedArrayBuffer(8));
    link.send({ to: 1, from: 2, bytes: filled(5_000), attachments });
    await turn();
    for (const message of sent) other.link.received(message.buffer);
    expect(other.got.map(({ attachments }) => attachments.length)).toEqual([300]);
    expect(sent.slice(1).every(({ byteLength }) => byteLength <= SMALL)).toBe(true);
  });
});

describe("a link whose other side's socket holds messages back", () => {
  test("answers what has come with an empty message, once, unless something else leaves", async () => {
    const sender = linkWith({ holds: true });
    const { link, sent, got, later } = linkWith({ receipts: true });
    const deliver = async (): Promise<void> => {
      sender.link.send({ to: 1, from: 2, bytes: filled(10), attachments: [] });
      await turn();
      for (const { buffer } of sender.sent.splice(0)) link.received(buffer);
    };
    await deliver();
    await deliver();
    expect(sent).toEqual([]);
    later();
    expect(sent.map(({ byteLength }) => byteLength)).toEqual([0]);
    later();
    expect(sent).toHaveLength(1);
    await deliver();
    link.send({ to: 2, from: 1, bytes: filled(3), attachments: [] });
    await turn();
    later();
    expect(sent.map(({ byteLength }) => byteLength > 0)).toEqual([false, true]);
    expect(got).toHaveLength(3);
    // It says nothing to the other side.
    for (const { buffer } of sent) sender.link.received(buffer);
    expect(sender.got).toHaveLength(1);
  });

  test("sends none that nobody has asked for, nor when it is closed", async () => {
    const sender = linkWith({});
    const [without, closed] = [linkWith({}), linkWith({ receipts: true })];
    sender.link.send({ to: 1, from: 2, bytes: filled(10), attachments: [] });
    await turn();
    for (const { buffer } of sender.sent) for (const { link } of [without, closed]) link.received(buffer.slice());
    closed.link.close();
    for (const { later } of [without, closed]) later();
    expect([without.sent, closed.sent]).toEqual([[], []]);
  });
});
