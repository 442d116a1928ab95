import { describe, expect, test } from "bun:test";
import type { ObjectRow, SealedWire } from "../../../runtime/contracts/mod.ts";
import { PRIVATE_SLOT } from "../../../runtime/contracts/mod.ts";
import { PayloadKind } from "../../../runtime/values/mod.ts";
import { Cluster } from "./cluster_lab.ts";
import { Lab, MIB } from "./lab.ts";

/** What a node's manager keeps, by id. */
function kept(cluster: Cluster, node: number): Record<string, ObjectRow> {
  const rows = cluster.node(node).objects.list({ from: 0, attachments: [] }, 100);
  return Object.fromEntries(rows.map((row) => [row.objectId, row]));
}

function unsealedBytes(cluster: Cluster, node: number): number {
  return cluster.node(node).objects.figures({ from: 0, attachments: [] }, false).store.unsealedBytes;
}

describe("a place that has died", () => {
  test("is no viewer of what was being read back for it", async () => {
    const lab = new Lab({ capacity: 4 * MIB });
    for (const id of ["a", "b", "c", "d", "e"]) {
      await lab.put(id, MIB - 1000);
      await lab.settled();
    }
    const coming = lab.store.get("a", 7) as Promise<unknown>;
    const other = lab.store.get("a", 8) as Promise<unknown>;
    expect(lab.store.stateOf("a")).toBe("RESTORING");
    lab.store.placeDied(7);
    expect(await coming).toBe(undefined);
    expect(await other).toMatchObject({ bytes: MIB - 1000 });
    expect(lab.store.viewers()).toEqual([8]);
    lab.store.unmapped(8, ["a"]);
    lab.store.free("a");
    expect([lab.store.stateOf("a"), lab.store.stats().lingeringBytes]).toEqual([undefined, 0]);
  });

  test("takes no room for good, though its thread goes on: before anybody is refused, and while nobody asks", async () => {
    const lab = new Lab({ capacity: 4 * MIB, disk: null });
    const zombie = lab.place(7);
    zombie.allocate(MIB);
    lab.store.placeDied(7);
    for (let i = 0; i < 4; i++) zombie.allocate(MIB);
    const put = lab.put("other", 3 * MIB, { place: 8 });
    lab.clock.advance(60_000);
    await put;
    expect(lab.store.stats()).toMatchObject({ residentBytes: 3 * MIB, unsealedBytes: 0 });
    lab.store.free("other");
    lab.store.placeDied(8);
    zombie.allocate(MIB);
    lab.clock.advance(60_000);
    expect(lab.store.stats().usedBytes).toBe(0);
  });

  test("leaves nothing with what it says late", async () => {
    const cluster = new Cluster({ nodes: 1 });
    const place = cluster.place(1);
    const { objects } = cluster.node(1);
    objects.placeLost(place.place);
    const before = cluster.sizes(1);
    const caller = { from: place.place, attachments: [] };
    objects.store(caller, place.nextId(), [PayloadKind.bytes, new Uint8Array(5_000), 5_000]);
    objects.expect(caller, place.nextId());
    objects.hold(caller, [place.nextId()]);
    objects.want(caller, [place.nextId()]);
    objects.wantState(caller, [place.nextId()]);
    await cluster.exhaust();
    expect([kept(cluster, 1), cluster.sizes(1)]).toEqual([{}, before]);
  });
});

describe("a value that comes from a process", () => {
  const sealed = (more: Partial<SealedWire>): SealedWire => ({ attachment: 0, slot: PRIVATE_SLOT, size: 1_000, children: [], holder: 0, ...more });

  test("is not kept when its home has let go of it while it waited for room", async () => {
    const cluster = new Cluster({ nodes: 2, capacity: 2 * MIB });
    const [owner, worker] = [cluster.place(1), cluster.place(2)];
    const inTheWay = worker.nextId();
    worker.seal(inTheWay, { bytes: 1.9 * MIB });
    await cluster.settle();
    const id = owner.nextId();
    owner.manager.expect(id);
    await cluster.settle();
    const attachment = worker.kernel.attach(cluster.node(2).system, new SharedArrayBuffer(MIB));
    worker.manager.seal(id, sealed({ attachment, size: MIB - 1_000, holder: owner.place }));
    await cluster.settle();
    owner.announcer.drop([id]);
    owner.announcer.drop([id]);
    await cluster.settle();
    worker.announcer.drop([inTheWay]);
    await cluster.exhaust();
    expect([kept(cluster, 1), kept(cluster, 2)]).toEqual([{}, {}]);
    expect(unsealedBytes(cluster, 2)).toBe(0);
  });

  test("is refused when there is no buffer of its size beside it, or it names the buffer of a thread", async () => {
    const cluster = new Cluster({ nodes: 1, placesPerNode: 2 });
    const [liar, thread] = [cluster.place(1, 0), cluster.place(1, 1)];
    const { objects } = cluster.node(1);
    const from = (...attachments: SharedArrayBuffer[]) => ({ from: liar.place, attachments });
    const small = new SharedArrayBuffer(10);
    for (const caller of [from(), from(small)]) expect(() => objects.seal(caller, liar.nextId(), sealed({ holder: liar.place }))).toThrow(RangeError);
    const buffer = thread.allocator.allocate(MIB);
    const slot = thread.allocator.slotOf(buffer);
    objects.seal(from(new SharedArrayBuffer(MIB)), liar.nextId(), sealed({ slot, holder: liar.place }));
    await cluster.exhaust();
    expect(kept(cluster, 1)).toEqual({});
    // It is the thread's as before.
    const id = thread.nextId();
    thread.manager.seal(id, sealed({ attachment: thread.kernel.attach(cluster.node(1).system, buffer), slot, holder: thread.place }));
    await cluster.settle();
    expect(kept(cluster, 1)).toMatchObject({ [id]: { state: "IN_MEMORY", bytes: 1_000 } });
  });

  test("is refused from a place of another node, as whatever it would have this node keep", async () => {
    const cluster = new Cluster({ nodes: 1 });
    const { objects } = cluster.node(1);
    const stranger = cluster.place(1).place + 2 ** 20;
    const caller = { from: stranger, attachments: [new SharedArrayBuffer(MIB)] };
    objects.seal(caller, cluster.place(1).nextId(), sealed({ holder: stranger }));
    objects.store(caller, cluster.place(1).nextId(), [PayloadKind.bytes, new Uint8Array(5), 5]);
    objects.hold(caller, [cluster.place(1).nextId()]);
    await cluster.exhaust();
    expect([kept(cluster, 1), cluster.sizes(1)["references"]]).toEqual([{}, 0]);
  });
});
