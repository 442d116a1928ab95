import { describe, expect, test } from "bun:test";
import { type ByteSocket, Slice, WebSocketLink } from "../../net/mod.ts";

const MIB = 1024 * 1024;
const limits = { frameBytes: 1e7, attachmentBytes: 1e7, attachments: 10 };

/** A socket that keeps what it is given until it is let go, and a link over it that has parts of a large value to send. */
async function sending(parts: number, socket: Partial<ByteSocket>) {
  let kept = 0;
  const due: (() => void)[] = [];
  const link = new WebSocketLink(
    { send: (message) => void (kept += message.byteLength), buffered: () => kept, close: () => {}, ...socket },
    { onFrame: () => {} },
    { limits, later: (action) => void due.push(action) },
  );
  let released = 0;
  for (let i = 0; i < parts; i++) {
    link.send({ to: 1, from: 2, bytes: new Uint8Array(10), attachments: [new Slice(new Uint8Array(2 * MIB), () => released++)] });
  }
  await new Promise((resolve) => setTimeout(resolve));
  return {
    link,
    kept: () => kept,
    released: () => released,
    letGo: () => (kept = 0),
    later: () => {
      for (const action of due.splice(0)) action();
    },
  };
}

describe("a link to a socket that is full", () => {
  test("waits until it is told that the socket has sent what it had, and keeps the parts meanwhile", async () => {
    const { link, kept, released, letGo } = await sending(4, { tellsDrained: true });
    for (let sent = 0; sent < 4; sent++) {
      expect([Math.round(kept() / MIB), released()]).toEqual([2, sent]);
      letGo();
      link.drained();
    }
    expect([kept(), released()]).toEqual([0, 4]);
  });

  test("looks by itself where nobody tells, and then gives it more at a time", async () => {
    const { kept, released, letGo, later } = await sending(4, {});
    expect(Math.round(kept() / MIB)).toBe(4);
    later();
    expect(Math.round(kept() / MIB)).toBe(4);
    letGo();
    later();
    expect(Math.round(kept() / MIB)).toBe(4);
    letGo();
    later();
    expect([kept(), released()]).toEqual([0, 4]);
  });

  test("lets go of the parts that it has not sent when it is closed", async () => {
    const { link, released } = await sending(4, { tellsDrained: true });
    link.close();
    expect(released()).toBe(4);
  });
});
