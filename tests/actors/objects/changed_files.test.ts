import { describe, expect, test } from "bun:test";
import { Cluster, type LabPlace, MIB } from "./cluster_lab.ts";

const fillOf = (place: LabPlace, id: string): number | undefined => {
  const buffer = place.last(id)?.buffer;
  return buffer && new Uint8Array(buffer)[0];
};

/** A result that is on disk, in a file that has been changed since. */
async function changed(onLost: (id: string) => boolean) {
  const cluster = new Cluster({ nodes: 1, placesPerNode: 2, capacity: 4 * MIB, spills: true, onLost });
  const [owner, worker] = [cluster.place(1, 0), cluster.place(1, 1)];
  const ids = Array.from({ length: 6 }, () => owner.nextId());
  for (const id of ids) {
    await worker.sealLater(id, { bytes: MIB - 1_000, holder: owner.place });
    await cluster.settle();
  }
  const spilled = new Set(
    cluster
      .node(1)
      .objects.list({ from: 0, attachments: [] }, 10)
      .flatMap(({ objectId, state }) => (state === "SPILLED" ? [objectId] : [])),
  );
  const id = ids.find((each) => spilled.has(each)) as string;
  for (const file of cluster.node(1).disk?.files.values() ?? []) file.fill(0xff);
  return { cluster, owner, worker, id };
}

describe("who asks for a value whose file on disk has changed", () => {
  test("gets the one that is made anew", async () => {
    const lost: string[] = [];
    const { cluster, owner, worker, id } = await changed((each) => lost.push(each) > 0);
    owner.manager.want([id]);
    await cluster.exhaust();
    expect([lost, owner.got.size]).toEqual([[id], 0]);
    await worker.sealLater(id, { bytes: MIB - 1_000, fill: 9, holder: owner.place });
    await cluster.exhaust();
    expect(fillOf(owner, id)).toBe(9);
  });

  test("hears so when nobody makes it anew", async () => {
    const { cluster, owner, id } = await changed(() => false);
    owner.manager.want([id]);
    await cluster.exhaust();
    expect(String(owner.errorOf(id))).toMatch(/ObjectLostError: .*has changed/);
  });
});
