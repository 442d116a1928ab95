import { afterEach, describe, expect, test } from "bun:test";
import { ProcessEndpoint } from "../../actors/endpoint/mod.ts";
import { joinNode } from "../../actors/protocol/mod.ts";
import type { Frame, WebSocketLink } from "../../net/mod.ts";
import { Kernel, systemClock } from "../../runtime/kernel/mod.ts";
import { faultWire } from "../../runtime/values/mod.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A node's end alone: what it gets is kept, and who joined. */
async function openNode(limits?: { attachmentBytes: number }) {
  const frames: Frame[] = [];
  const lost: string[] = [];
  const logged: string[] = [];
  const kernel = new Kernel({ place: 0, faults: faultWire });
  kernel.receive = (frame) => void frames.push(frame);
  const joined = Promise.withResolvers<WebSocketLink>();
  const node = {
    kernel,
    linkProcess: (_place: number, link: WebSocketLink) => joined.resolve(link),
    processUnlinked: (_place: number, reason: string) => void lost.push(reason),
  };
  const endpoint = await ProcessEndpoint.open(node, {
    clock: systemClock,
    attachmentBytes: limits?.attachmentBytes ?? 64 * 1024 * 1024,
    log: (text) => logged.push(text),
  });
  open.push(endpoint);
  return { endpoint, frames, lost, logged, joined: joined.promise };
}

function joinAs(admitted: { url: string; token: string }) {
  const frames: Frame[] = [];
  const kernel = new Kernel({ place: 9, faults: faultWire });
  kernel.receive = (frame) => void frames.push(frame);
  const lost = Promise.withResolvers<string>();
  const link = joinNode({ ...admitted, kernel, onLost: lost.resolve });
  open.push(link);
  return { link, frames, lost: lost.promise };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("who is let in", () => {
  test("a process with its own token, as its own place, once", async () => {
    const { endpoint, frames, joined } = await openNode();
    const admitted = endpoint.admit(7);
    const first = joinAs(admitted);
    await joined;
    // Whatever it writes on its frames.
    first.link.send({ to: 0, from: 3, bytes: new Uint8Array([1, 2]), attachments: [] });
    await until(() => frames.length === 1);
    expect(frames[0]).toMatchObject({ to: 0, from: 7 });
    expect(await joinAs(admitted).lost).toContain("closed");
  });

  test("not without a token, nor with another", async () => {
    const { endpoint } = await openNode();
    const { url } = endpoint.admit(7);
    expect(await joinAs({ url, token: "0".repeat(64) }).lost).toContain("closed");
    expect(await joinAs({ url, token: "" }).lost).toContain("closed");
  });

  test("no request with an Origin, as web pages send it, and none for another host", async () => {
    const { endpoint } = await openNode();
    const { url, token } = endpoint.admit(7);
    const http = url.replace("ws:", "http:");
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(http, { headers: { ...headers, origin: "http://example.com" } })).status).toBe(403);
    expect((await fetch(http.replace("127.0.0.1", "localhost"), { headers })).status).toBe(403);
    expect((await fetch(http, { headers })).status).toBe(426);
    expect((await fetch(http.replace("/place", "/"), { headers })).status).toBe(404);
  });

  test("tokens are 256 bits and differ", async () => {
    const { endpoint } = await openNode();
    const tokens = Array.from({ length: 50 }, (_, i) => endpoint.admit(i).token);
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the link", () => {
  test("delivers in order, both ways, what was sent before it was open too", async () => {
    const { endpoint, frames, joined } = await openNode();
    const { link, frames: back } = joinAs(endpoint.admit(7));
    for (let i = 0; i < 200; i++) link.send({ to: 0, from: 7, bytes: new Uint8Array([i]), attachments: [] });
    const other = await joined;
    for (let i = 0; i < 200; i++) other.send({ to: 7, from: 0, bytes: new Uint8Array([i]), attachments: [] });
    await until(() => frames.length === 200 && back.length === 200);
    expect(frames.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(back.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test("copies shared memory, in as many pieces as it takes", async () => {
    const { endpoint, frames, joined } = await openNode();
    const { link } = joinAs(endpoint.admit(7));
    await joined;
    const shared = new SharedArrayBuffer(20 * 1024 * 1024 + 3);
    const bytes = new Uint8Array(shared);
    for (let i = 0; i < bytes.length; i += 4099) bytes[i] = i % 251;
    link.send({
      to: 0,
      from: 7,
      bytes: new Uint8Array([5]),
      attachments: [shared, new SharedArrayBuffer(0), new SharedArrayBuffer(8)],
    });
    link.send({ to: 0, from: 7, bytes: new Uint8Array([6]), attachments: [] });
    await until(() => frames.length === 2);
    const [first, second] = frames;
    expect(first?.attachments.map((attachment) => (attachment as SharedArrayBuffer).byteLength)).toEqual([shared.byteLength, 0, 8]);
    const came = new Uint8Array(first?.attachments[0] as SharedArrayBuffer);
    expect(came.every((byte, i) => byte === bytes[i])).toBe(true);
    expect([...(second?.bytes ?? [])]).toEqual([6]);
  });

  test("is closed, and the node told, when a peer claims more than it may", async () => {
    const { endpoint, lost, joined } = await openNode({ attachmentBytes: 1000 });
    const child = joinAs(endpoint.admit(7));
    await joined;
    child.link.send({ to: 0, from: 7, bytes: new Uint8Array(1), attachments: [new SharedArrayBuffer(1001)] });
    await child.lost;
    expect(lost).toEqual(["the length of an attachment is 1001, which is not between 0 and 1000"]);
  });

  test("tells both sides when one closes", async () => {
    const { endpoint, lost, joined } = await openNode();
    const child = joinAs(endpoint.admit(7));
    const link = await joined;
    link.close();
    await child.lost;
    child.link.send({ to: 0, from: 7, bytes: new Uint8Array(1), attachments: [] });
    expect(lost).toEqual([]);
  });
});
