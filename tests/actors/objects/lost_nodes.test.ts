import { describe, expect, test } from "bun:test";
import { Cluster, KIB, passedOn } from "./cluster_lab.ts";

const LARGE_BYTES = 128 * KIB;

test("waits for what nobody holds any more end: who gave up has let go of it, and has not said so", async () => {
  const cluster = new Cluster({ nodes: 2 });
  const [owner, near, far] = [cluster.place(1), cluster.place(1), cluster.place(2)];
  const id = owner.nextId();
  owner.manager.expect(id);
  for (const other of [near, far]) {
    owner.manager.holdFor([id], other.place);
    other.takes([id], owner.place);
  }
  await cluster.exhaust();
  near.manager.want([id]);
  far.manager.wantState([id]);
  await cluster.exhaust();
  expect(cluster.sizes(2)).toMatchObject({ waiters: 1, asked: 1 });
  for (const place of [near, far, owner]) place.announcer.drop([id]);
  await cluster.exhaust();
  for (const number of [1, 2]) expect(cluster.sizes(number)).toMatchObject({ references: 0, waiters: 0, asked: 0 });
});

describe("a node that is lost", () => {
  test("was the last holder when word of another was late: who asks is told, though there are views of what was let go of", async () => {
    const cluster = new Cluster({ nodes: 3 });
    const [owner, passer, heir] = [cluster.place(1), cluster.place(2), cluster.place(3)];
    const id = owner.nextId();
    owner.seal(id, { bytes: LARGE_BYTES });
    owner.manager.holdFor([id], passer.place);
    passer.takes([id], owner.place);
    owner.manager.want([id]);
    await cluster.exhaust();
    owner.announcer.drop([id]);
    await cluster.exhaust();
    cluster.kill(2);
    for (const number of [1, 3]) cluster.tellLost(2, number);
    await cluster.exhaust();
    // It has the ref from the node that died.
    heir.announcer.hold([id]);
    heir.manager.want([id]);
    await cluster.exhaust();
    expect(heir.errorOf(id)).toMatchObject({ name: "ObjectLostError" });
    heir.announcer.drop([id]);
    owner.manager.unmapped([id]);
    await cluster.exhaust();
    for (const number of [1, 3]) expect(cluster.sizes(number)).toMatchObject({ references: 0, waiters: 0, asked: 0 });
  });

  test("holds nothing any more, and what waits for its word waits no more", async () => {
    const cluster = new Cluster({ nodes: 3 });
    const [submitter, worker] = [cluster.place(1), cluster.place(2)];
    const id = await passedOn(cluster);
    worker.announcer.hold([id]);
    await cluster.exhaust();
    // It has announced more than anybody will ever hear of.
    submitter.announcer.learned(worker.place, 7);
    submitter.announcer.drop([id]);
    await cluster.exhaust();
    expect(cluster.sizes(3)["references"]).toBe(1);
    cluster.kill(2);
    for (const number of [1, 3]) cluster.tellLost(2, number);
    await cluster.exhaust();
    expect(cluster.sizes(1)).toMatchObject({ references: 0, drops: 0, questions: 0 });
    expect(cluster.sizes(3)["references"]).toBe(0);
  });

  test("takes with it what its places owned: who wants that hears that the owner died", async () => {
    const cluster = new Cluster({ nodes: 2 });
    const [owner, reader] = [cluster.place(1), cluster.place(2)];
    const id = owner.nextId();
    owner.manager.expect(id);
    owner.manager.holdFor([id], reader.place);
    reader.takes([id], owner.place);
    reader.manager.want([id]);
    let ready = false;
    cluster.node(2).objects.whenHere([id], () => (ready = true));
    await cluster.exhaust();
    cluster.kill(1);
    cluster.tellLost(1, 2);
    await cluster.exhaust();
    expect(reader.errorOf(id)?.name).toBe("OwnerDiedError");
    expect(ready).toBe(true);
    reader.manager.want([id]);
    await cluster.exhaust();
    expect(reader.got.get(id)?.length).toBe(2);
    reader.announcer.drop([id]);
    await cluster.exhaust();
    expect(cluster.sizes(2)).toMatchObject({ references: 0, waiters: 0, asked: 0, borrowed: 0 });
  });
});
