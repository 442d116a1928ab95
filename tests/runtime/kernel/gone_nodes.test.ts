import { expect, test } from "bun:test";
import type { Link } from "../../../net/mod.ts";
import { Kernel, placeId, SYSTEM_SLOT } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";
import { rejectionText } from "../../rejection.ts";

test("questions to the places of a node that is gone fail with its death, those that come later too", async () => {
  const silent: Link = { send: () => {}, close: () => {}, keepAlive: () => {} };
  const kernel = new Kernel({ place: placeId(1, SYSTEM_SLOT), faults: faultWire, route: () => silent });
  const before = kernel.ask(placeId(2, 3), 10, "hello");
  const other = kernel.ask(placeId(3, 3), 10, "hello");
  kernel.disconnectNode(2, new Error("node 2 was unplugged"));
  expect(await rejectionText(before)).toContain("node 2 was unplugged");
  expect(await rejectionText(kernel.ask(placeId(2, 3), 10, "hello"))).toContain("node 2 was unplugged");
  expect(await rejectionText(kernel.ask(placeId(2, SYSTEM_SLOT), 10, "hello"))).toContain("node 2 was unplugged");
  expect(kernel.openAsks).toBe(1);
  kernel.close(new Error("the end"));
  expect(await rejectionText(other)).toContain("the end");
});

test("nothing is kept of what is for places of nodes that are gone, and no way there is asked for", () => {
  const asked: number[] = [];
  let sent = 0;
  const link: Link = { send: () => sent++, close: () => {}, keepAlive: () => {} };
  const kernel = new Kernel({
    place: placeId(1, SYSTEM_SLOT),
    faults: faultWire,
    route: (node) => {
      asked.push(node);
      return link;
    },
  });
  kernel.send(placeId(2, 3), [10, "hello", 0]);
  kernel.flush();
  kernel.disconnectNode(2, new Error("gone"));
  for (let slot = 0; slot < 100; slot++) kernel.send(placeId(2, slot), [10, "hello", 0]);
  kernel.flush();
  expect([asked, sent]).toEqual([[2], 1]);
});

test("of thousands of nodes that are gone each is known, and the last with why", async () => {
  const kernel = new Kernel({ place: placeId(1, SYSTEM_SLOT), faults: faultWire });
  for (let node = 2; node < 3_000; node++) kernel.disconnectNode(node, new Error(`node ${node} was unplugged`));
  expect(await rejectionText(kernel.ask(placeId(2_999, 3), 10, "hello"))).toContain("node 2999 was unplugged");
  expect(await rejectionText(kernel.ask(placeId(2, 3), 10, "hello"))).toContain("node 2 is gone");
});
