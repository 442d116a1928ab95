import { describe, expect, test } from "bun:test";
import { Membership } from "../../../actors/cluster/mod.ts";
import { Gcs, MemoryStorage } from "../../../actors/gcs/mod.ts";
import type { Death } from "../../../runtime/errors/mod.ts";
import { Kernel, type PlaceId, placeId, SYSTEM_SLOT } from "../../../runtime/kernel/mod.ts";
import { contextOf, encodeValue, faultWire } from "../../../runtime/values/mod.ts";

async function setUp() {
  const clock = { now: () => 0, after: () => () => {}, soon: () => {} };
  const gcs = new Gcs({ clock, storage: new MemoryStorage() });
  await gcs.recover();
  const open = Promise.withResolvers<void>();
  const lost: PlaceId[] = [];
  const nothing = (): void => {};
  const membership = new Membership({
    kernel: new Kernel({ place: placeId(1, SYSTEM_SLOT), faults: faultWire, route: () => undefined }),
    clock,
    gcs,
    open: open.promise,
    lasting: true,
    placeLost: (place) => void lost.push(place),
    unplaced: () => [],
    waitingGroups: () => [],
    ...{
      joined: nothing,
      reported: nothing,
      returned: nothing,
      complete: nothing,
      vacate: nothing,
      nodeLost: nothing,
      log: nothing,
      endHead: nothing,
    },
  });
  const node = gcs.nodes.nextNumber();
  const spec = { node, nodeId: "n", url: "ws://127.0.0.1:1", resources: {}, labels: {}, pid: 1, runtime: "bun", takesWork: true };
  return { membership, spec, node, lost, open };
}

describe("the head's keeper of nodes", () => {
  test("takes in the death of a worker that is told while its node is being registered", async () => {
    const { membership, spec, node, lost, open } = await setUp();
    const caller = { from: placeId(node, SYSTEM_SLOT), attachments: [] };
    const registered = membership.register(caller, spec);
    const death: Death = { cause: "signal", signal: "SIGKILL" };
    const told = membership.placeLost(caller, placeId(node, 5), encodeValue(death, contextOf()).bytes);
    expect(lost).toEqual([]);
    open.resolve();
    await registered;
    await told;
    expect(lost).toEqual([placeId(node, 5)]);
    membership.close();
  });
});
