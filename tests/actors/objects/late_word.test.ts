import { expect, test } from "bun:test";
import { PayloadKind } from "../../../runtime/values/mod.ts";
import { Cluster, KIB } from "./cluster_lab.ts";
import { ManualClock } from "./lab.ts";

test("a value that is asked for before its owner's word has come is waited for, and one of which no word comes is lost", async () => {
  const clock = new ManualClock();
  const cluster = new Cluster({ nodes: 1, placesPerNode: 2, clock });
  const [owner, reader] = [cluster.place(1, 0), cluster.place(1, 1)];
  const [late, never] = [owner.nextId(), owner.nextId()];
  reader.announcer.hold([late, never]);
  reader.manager.want([late, never]);
  await cluster.settle();
  clock.advance(900);
  await cluster.settle();
  expect(reader.got.size).toBe(0);
  owner.manager.store(late, [PayloadKind.bytes, Uint8Array.of(7), 1]);
  await cluster.settle();
  expect(reader.last(late)?.wire.slice(0, 2)).toEqual([PayloadKind.bytes, Uint8Array.of(7)]);
  clock.advance(200);
  await cluster.settle();
  expect(reader.errorOf(late)).toBeUndefined();
  expect(reader.errorOf(never)?.message).toContain("nobody held a ref");
});

test("a result that its owner gives up before the word of its worker has come is let go of", async () => {
  const clock = new ManualClock();
  const cluster = new Cluster({ nodes: 1, placesPerNode: 2, clock });
  const [owner, worker] = [cluster.place(1, 0), cluster.place(1, 1)];
  const id = owner.nextId();
  owner.manager.discarded([id]);
  await cluster.settle();
  clock.advance(900);
  worker.seal(id, { bytes: 128 * KIB, holder: owner.place });
  await cluster.settle();
  clock.advance(200);
  await cluster.settle();
  expect(cluster.sizes(1)).toMatchObject({ references: 0 });
});
