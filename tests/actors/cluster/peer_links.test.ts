import { expect, test } from "bun:test";
import { PeerLinks } from "../../../actors/cluster/peer_links.ts";
import { type Frame, Slice } from "../../../net/mod.ts";

test("a part of a large value that goes to a node that is gone is let go of", () => {
  const dial = (): never => {
    throw new Error("nobody is to be dialled");
  };
  const links = new PeerLinks({ dial, receive: () => {}, unknown: () => {}, greet: () => {}, broken: () => {} });
  let released = 0;
  const part = (): Frame => ({ to: 2, from: 1, bytes: new Uint8Array(1), attachments: [new Slice(new Uint8Array(8), () => released++)] });
  const link = links.to(7);
  link.send(part());
  links.lost(7);
  expect(released).toBe(1);
  link.send(part());
  links.to(7).send(part());
  expect(released).toBe(3);
});
