import { expect, test } from "bun:test";
import { Cluster } from "./cluster_lab.ts";

test("nobody waits any more for a value that never came, once its last holder has let go: at home, and on other nodes", async () => {
  const cluster = new Cluster({ nodes: 2, placesPerNode: 2 });
  const [owner, neighbour, other] = [cluster.place(1, 0), cluster.place(1, 1), cluster.place(2)];
  const id = owner.nextId();
  owner.manager.expect(id);
  await cluster.settle();
  for (const place of [neighbour, other]) {
    place.announcer.hold([id]);
    place.manager.want([id]);
    place.manager.wantState([id]);
  }
  await cluster.exhaust();
  expect(cluster.sizes(1)["waiters"]).toBeGreaterThan(0);
  expect(cluster.sizes(2)).toMatchObject({ waiters: 2, asked: 1 });
  // Their limits of time are over, and so is whatever was to make it.
  for (const place of [owner, neighbour, other]) place.announcer.drop([id]);
  await cluster.exhaust();
  for (const number of [1, 2]) expect(cluster.sizes(number)).toMatchObject({ references: 0, waiters: 0, asked: 0 });
});
