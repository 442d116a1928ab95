import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PRIVATE_SLOT } from "../../../runtime/contracts/mod.ts";
import { PayloadKind } from "../../../runtime/values/mod.ts";
import { Cluster, KIB, type LabPlace, MIB } from "./cluster_lab.ts";
import { randomFrom, type SlowLink, unevenly } from "./slow_links.ts";

const SMALL_CHUNKS = { chunkBytes: 64 * KIB, windowChunks: 3, inFlightBytes: 512 * KIB };

/** Bytes of a large value that the place has got, all of them the same. */
function fillOf(place: LabPlace, id: string): number | undefined {
  const { wire, buffer } = place.last(id) ?? {};
  if (wire === undefined || buffer === undefined) return undefined;
  const bytes = new Uint8Array(buffer, 0, wire[2]);
  return bytes.every((byte) => byte === bytes[0]) ? bytes[0] : -1;
}

/** An object of node 1, held by the first place of every node. */
async function spread(cluster: Cluster, { bytes, fill = 7 }: { bytes: number; fill?: number }): Promise<string> {
  const owner = cluster.place(1);
  const id = owner.nextId();
  owner.seal(id, { bytes, fill });
  for (const { places } of cluster.nodes.slice(1)) {
    const [holder] = places as [LabPlace];
    owner.manager.holdFor([id], holder.place);
    holder.takes([id], owner.place);
  }
  await cluster.exhaust();
  return id;
}

describe("a large value of another node", () => {
  test("is brought once, however many wait for it, and is found here from then on", async () => {
    const cluster = new Cluster({ nodes: 2, placesPerNode: 3, transfer: SMALL_CHUNKS });
    const id = await spread(cluster, { bytes: MIB });
    let ready = 0;
    cluster.node(2).objects.whenHere([id], () => ready++);
    for (const place of cluster.node(2).places) place.manager.want([id]);
    await cluster.exhaust();
    for (const place of cluster.node(2).places) expect(fillOf(place, id)).toBe(7);
    expect(ready).toBe(1);
    cluster.place(2).manager.want([id]);
    await cluster.exhaust();
    expect(cluster.place(2).got.get(id)?.length).toBe(2);
    expect(cluster.bytesSentBy(1)).toBe(MIB);
  });

  test("stays where a task has made it, until its owner wants it", async () => {
    const cluster = new Cluster({ nodes: 2, transfer: SMALL_CHUNKS });
    const [owner, worker] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    worker.seal(id, { bytes: MIB, fill: 3, holder: owner.place });
    await cluster.exhaust();
    expect(cluster.bytesSentBy(2)).toBe(0);
    owner.manager.want([id]);
    await cluster.exhaust();
    expect(fillOf(owner, id)).toBe(3);
    owner.manager.unmapped([id]);
    owner.announcer.drop([id]);
    await cluster.exhaust();
    for (const number of [1, 2]) expect(cluster.node(number).objects.figures({ from: 0, attachments: [] }, false).store.residentBytes).toBe(0);
  });

  test("is known to exist before it is here, and without being brought here", async () => {
    const cluster = new Cluster({ nodes: 2, transfer: SMALL_CHUNKS });
    const [owner, reader] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    owner.manager.expect(id);
    owner.manager.holdFor([id], reader.place);
    reader.takes([id], owner.place);
    reader.manager.wantState([id]);
    let available = false;
    cluster.node(2).objects.whenAvailable([id], () => (available = true));
    await cluster.settle();
    expect([available, reader.got.size]).toEqual([false, 0]);
    owner.seal(id, { bytes: MIB });
    await cluster.settle();
    expect([available, reader.last(id)?.wire.slice(0, 3)]).toEqual([true, [PayloadKind.sealed, undefined, MIB]]);
    expect(cluster.bytesSentBy(1)).toBe(0);
    reader.manager.want([id]);
    await cluster.settle();
    expect(fillOf(reader, id)).toBe(1);
  });

  test("made by a process, in memory of its own, may be asked for before it is in the store", async () => {
    const cluster = new Cluster({ nodes: 2, transfer: SMALL_CHUNKS });
    const [owner, worker] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    const buffer = new SharedArrayBuffer(MIB);
    new Uint8Array(buffer).fill(6);
    const attachment = worker.kernel.attach(cluster.node(2).system, buffer);
    worker.manager.seal(id, { attachment, slot: PRIVATE_SLOT, size: MIB, children: [], holder: owner.place });
    owner.manager.want([id]);
    await cluster.exhaust();
    expect(fillOf(owner, id)).toBe(6);
  });

  test("for which its maker's node has no room is an error", async () => {
    const cluster = new Cluster({ nodes: 2, capacityOf: (node) => (node === 1 ? 8 * MIB : MIB), transfer: SMALL_CHUNKS });
    const [owner, worker] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    const attachment = worker.kernel.attach(cluster.node(2).system, new SharedArrayBuffer(2 * MIB));
    worker.manager.seal(id, { attachment, slot: PRIVATE_SLOT, size: 2 * MIB, children: [], holder: owner.place });
    owner.manager.want([id]);
    await cluster.exhaust();
    expect(owner.errorOf(id)?.name).toBe("ObjectStoreFullError");
    owner.announcer.drop([id]);
    await cluster.exhaust();
    for (const number of [1, 2]) expect(cluster.sizes(number)).toMatchObject({ references: 0, directory: 0, pulls: 0, dependencies: 0 });
    expect(cluster.node(2).objects.figures({ from: 0, attachments: [] }, false).store.objects.PENDING).toBe(0);
  });

  test("that is on disk is served all the same", async () => {
    const cluster = new Cluster({ nodes: 2, capacity: 4 * MIB, spills: true, transfer: SMALL_CHUNKS });
    const [owner, reader] = [cluster.place(1), cluster.place(2)];
    const ids: string[] = [];
    for (let fill = 1; fill <= 6; fill++) {
      const id = owner.nextId();
      owner.seal(id, { bytes: MIB, fill });
      ids.push(id);
      await cluster.settle();
    }
    expect(cluster.node(1).objects.figures({ from: 0, attachments: [] }, false).store.spilledBytes).toBeGreaterThan(0);
    for (const [index, id] of ids.entries()) {
      reader.manager.want([id]);
      await cluster.until(() => reader.last(id) !== undefined);
      expect(fillOf(reader, id)).toBe(index + 1);
      reader.manager.unmapped([id]);
      await cluster.settle();
    }
  });

  test("for which this node has no room is an error that says so", async () => {
    const cluster = new Cluster({ nodes: 2, capacityOf: (node) => (node === 1 ? 8 * MIB : MIB), transfer: SMALL_CHUNKS });
    const id = await spread(cluster, { bytes: 2 * MIB });
    cluster.place(2).manager.want([id]);
    await cluster.exhaust();
    expect(cluster.place(2).errorOf(id)?.name).toBe("ObjectStoreFullError");
    expect(cluster.sizes(2)).toMatchObject({ pulls: 0, waiters: 0 });
  });

  test("goes from all nodes with `free`, and whoever holds it hears of it", async () => {
    const cluster = new Cluster({ nodes: 3, transfer: SMALL_CHUNKS });
    const id = await spread(cluster, { bytes: MIB });
    for (const node of [2, 3]) cluster.place(node).manager.want([id]);
    await cluster.exhaust();
    for (const node of [2, 3]) cluster.place(node).manager.unmapped([id]);
    cluster.place(3).manager.free([id]);
    await cluster.exhaust();
    for (const node of [1, 2, 3]) expect(cluster.place(node).errorOf(id)?.name).toBe("ObjectFreedError");
    for (const node of [1, 2, 3]) expect(cluster.node(node).objects.figures({ from: 0, attachments: [] }, false).store.residentBytes).toBe(0);
    cluster.place(2).manager.want([id]);
    await cluster.exhaust();
    expect(cluster.place(2).errorOf(id)?.name).toBe("ObjectFreedError");
  });

  test("whose copy had to make room is brought again", async () => {
    const cluster = new Cluster({ nodes: 2, capacityOf: (node) => (node === 1 ? 16 * MIB : 4 * MIB), transfer: SMALL_CHUNKS });
    const reader = cluster.place(2);
    const ids = [];
    for (let fill = 1; fill <= 6; fill++) ids.push(await spread(cluster, { bytes: MIB, fill }));
    for (const [index, id] of [...ids.entries(), ...ids.entries()]) {
      reader.manager.want([id]);
      const before = reader.got.get(id)?.length ?? 0;
      await cluster.until(() => (reader.got.get(id)?.length ?? 0) > before);
      expect(fillOf(reader, id)).toBe(index + 1);
      reader.manager.unmapped([id]);
    }
    await cluster.exhaust();
    expect(cluster.bytesSentBy(1)).toBeGreaterThan(6 * MIB);
  });
});

describe("small values and errors", () => {
  test("come from their home, whenever they are made", async () => {
    const cluster = new Cluster({ nodes: 2 });
    const [owner, reader] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    owner.manager.expect(id);
    owner.manager.holdFor([id], reader.place);
    reader.takes([id], owner.place);
    reader.manager.want([id]);
    let ready = false;
    cluster.node(2).objects.whenHere([id], () => (ready = true));
    await cluster.settle();
    expect(ready).toBe(false);
    reader.manager.resolve(id, [PayloadKind.bytes, new Uint8Array([5]), 1]);
    await cluster.settle();
    expect(reader.last(id)?.wire[1]).toEqual(new Uint8Array([5]));
    expect(ready).toBe(true);
  });

  test("`sent` answers after what other homes know has been said", async () => {
    const cluster = new Cluster({ nodes: 2 });
    const [owner, reader] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    owner.manager.store(id, [PayloadKind.bare, 5, 8]);
    await cluster.settle();
    reader.manager.want([id]);
    let seen: unknown;
    void (reader.kernel.ask(reader.place - 1, 14, "sent") as Promise<void>).then(() => (seen = reader.last(id)?.wire[1]));
    await cluster.settle();
    expect(seen).toBe(5);
  });
});

describe("pulls", () => {
  test("keep to the bytes that may be in flight, gets before arguments", async () => {
    const cluster = new Cluster({ nodes: 2, capacity: 64 * MIB, transfer: SMALL_CHUNKS });
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await spread(cluster, { bytes: MIB, fill: i + 1 }));
    const order: string[] = [];
    for (const id of ids.slice(0, -1)) cluster.node(2).objects.whenHere([id], () => order.push(id));
    cluster.place(2).onObject = (id) => order.push(id);
    cluster.place(2).manager.want(ids.slice(-1));
    let most = 0;
    await cluster.until(() => {
      most = Math.max(most, cluster.bytesOnTheWayTo(2));
      return order.length === ids.length;
    });
    expect(most).toBeLessThanOrEqual(SMALL_CHUNKS.inFlightBytes);
    expect(most).toBeGreaterThan(SMALL_CHUNKS.chunkBytes);
    expect(order.indexOf(ids.at(-1) as string)).toBeLessThan(6);
  });
});

describe("a broadcast", () => {
  test("costs the owner no more than two copies, and all get it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        const cluster = new Cluster({ nodes: 9, transfer: SMALL_CHUNKS });
        const id = await spread(cluster, { bytes: MIB });
        for (let node = 2; node <= 9; node++) {
          cluster.place(node).manager.want([id]);
          for (let i = random(30); i > 0; i--) await cluster.step(unevenly(random));
        }
        await cluster.exhaust(unevenly(random));
        for (let node = 2; node <= 9; node++) expect(fillOf(cluster.place(node), id)).toBe(7);
        expect(cluster.bytesSentBy(1)).toBeLessThanOrEqual(2 * MIB);
        expect(cluster.node(1).objects.figures({ from: 0, attachments: [] }, false).sentBytes).toBe(cluster.bytesSentBy(1));
      }),
      { numRuns: 15 },
    );
  });

  test("gives parts on from where they lie, and that memory is not used again before they have left", async () => {
    const capacityOf = (node: number): number => (node === 2 ? 2 : 16) * MIB;
    const cluster = new Cluster({ nodes: 4, capacityOf, transfer: SMALL_CHUNKS });
    const [first, second] = [await spread(cluster, { bytes: MIB, fill: 7 }), await spread(cluster, { bytes: MIB, fill: 9 })];
    for (const node of [2, 3, 4]) cluster.place(node).manager.want([first]);
    // The owner gives two copies: the third comes from who has begun with one.
    const onward = (): SlowLink[] => cluster.links.filter(({ to, parts }) => to === cluster.node(4).system && parts.length > 0);
    const isBegun = (): boolean => cluster.sizes(2)["pulls"] === 1 && onward().some(({ from }) => from === cluster.node(2).system);
    // Words before parts.
    for (let steps = 0; steps < 500 && !isBegun(); steps++) await cluster.step((ready) => ready.find(({ parts }) => parts.length === 0) ?? ready[0]);
    const link = onward().find(({ from }) => from === cluster.node(2).system) as SlowLink;
    expect(cluster.sizes(2)["pulls"]).toBe(1);
    link.frozen = true;
    cluster.place(1).manager.free([first]);
    cluster.place(2).manager.want([second]);
    await cluster.exhaust();
    expect(fillOf(cluster.place(2), second)).toBe(9);
    expect(link.parts.length).toBeGreaterThan(0);
    expect(link.parts.every((part) => part.every((byte) => byte === 7))).toBe(true);
    link.frozen = false;
    await cluster.exhaust();
    expect(cluster.node(2).objects.figures({ from: 0, attachments: [] }, false).store.unsealedBytes).toBe(0);
  });

  test("goes on when nodes that give it on die", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        const choose = unevenly(random);
        const cluster = new Cluster({ nodes: 7, transfer: SMALL_CHUNKS });
        const id = await spread(cluster, { bytes: MIB });
        for (let node = 2; node <= 7; node++) cluster.place(node).manager.want([id]);
        const dead = new Set<number>();
        for (let kills = 0; kills < 3; kills++) {
          for (let i = random(40); i > 0; i--) await cluster.step(choose);
          const victim = 2 + random(6);
          if (dead.has(victim)) continue;
          dead.add(victim);
          cluster.kill(victim);
          for (let node = 1; node <= 7; node++) {
            if (dead.has(node)) continue;
            for (let i = random(10); i > 0; i--) await cluster.step(choose);
            cluster.tellLost(victim, node);
          }
        }
        await cluster.exhaust(choose);
        for (let node = 2; node <= 7; node++) if (!dead.has(node)) expect(fillOf(cluster.place(node), id)).toBe(7);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a value whose maker's node is lost", () => {
  test("is lost if there was no other copy: who wants it hears so", async () => {
    const cluster = new Cluster({ nodes: 3, transfer: SMALL_CHUNKS });
    const [owner, worker] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    worker.seal(id, { bytes: MIB, holder: owner.place });
    owner.manager.holdFor([id], cluster.place(3).place);
    cluster.place(3).takes([id], owner.place);
    await cluster.exhaust();
    owner.manager.want([id]);
    for (let i = 0; i < 6; i++) await cluster.step();
    cluster.kill(2);
    for (const number of [1, 3]) cluster.tellLost(2, number);
    cluster.place(3).manager.want([id]);
    await cluster.exhaust();
    for (const number of [1, 3]) expect(cluster.place(number).errorOf(id)?.name).toBe("ObjectLostError");
    expect(cluster.sizes(1)).toMatchObject({ pulls: 0, waiters: 0, directory: 0 });
  });

  test("may be made anew: those who wait get that", async () => {
    const lost: string[] = [];
    const onLost = (id: string): boolean => lost.push(id) > 0;
    const cluster = new Cluster({ nodes: 3, transfer: SMALL_CHUNKS, onLost });
    const [owner, worker, other] = [cluster.place(1), cluster.place(2), cluster.place(3)];
    const id = owner.nextId();
    worker.seal(id, { bytes: MIB, holder: owner.place });
    owner.manager.holdFor([id], other.place);
    other.takes([id], owner.place);
    await cluster.exhaust();
    cluster.kill(2);
    for (const number of [1, 3]) cluster.tellLost(2, number);
    owner.manager.want([id]);
    other.manager.want([id]);
    await cluster.exhaust();
    expect(lost).toEqual([id]);
    expect(owner.got.size).toBe(0);
    other.seal(id, { bytes: MIB, fill: 9, holder: owner.place });
    await cluster.exhaust();
    for (const place of [owner, other]) expect(fillOf(place, id)).toBe(9);
  });

  test("is waited for while its home has yet to hear that its node is gone", async () => {
    const lost: string[] = [];
    const cluster = new Cluster({ nodes: 4, transfer: SMALL_CHUNKS, onLost: (id) => lost.push(id) > 0 });
    const [owner, maker, reader, other] = [cluster.place(1), cluster.place(2), cluster.place(3), cluster.place(4)];
    const id = owner.nextId();
    maker.seal(id, { bytes: MIB, fill: 3, holder: owner.place });
    await cluster.exhaust();
    owner.manager.holdFor([id], reader.place);
    reader.takes([id], owner.place);
    reader.manager.want([id]);
    await cluster.until(() => cluster.sizes(3)["pulls"] === 1);
    cluster.kill(2);
    cluster.tellLost(2, 3);
    await cluster.settle();
    expect([lost, reader.last(id)]).toEqual([[], undefined]);
    cluster.tellLost(2, 1);
    await cluster.exhaust();
    expect(lost).toEqual([id]);
    cluster.tellLost(2, 4);
    other.seal(id, { bytes: MIB, fill: 4, holder: owner.place });
    await cluster.exhaust();
    expect(fillOf(reader, id)).toBe(4);
  });

  test("lives on in a copy, which is then kept when room is needed", async () => {
    const cluster = new Cluster({ nodes: 3, capacityOf: (node) => (node === 3 ? 4 * MIB : 16 * MIB), spills: true, transfer: SMALL_CHUNKS });
    const [owner, worker, other] = [cluster.place(1), cluster.place(2), cluster.place(3)];
    const id = owner.nextId();
    worker.seal(id, { bytes: MIB, fill: 4, holder: owner.place });
    owner.manager.holdFor([id], other.place);
    other.takes([id], owner.place);
    await cluster.exhaust();
    other.manager.want([id]);
    await cluster.exhaust();
    other.manager.unmapped([id]);
    cluster.kill(2);
    for (const number of [1, 3]) cluster.tellLost(2, number);
    await cluster.exhaust();
    for (let i = 0; i < 6; i++) {
      let done = false;
      void other.sealLater(other.nextId(), { bytes: MIB }).then(() => (done = true));
      await cluster.until(() => done);
    }
    owner.manager.want([id]);
    await cluster.until(() => owner.last(id) !== undefined);
    expect(fillOf(owner, id)).toBe(4);
  });
});
