import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { dialNode } from "../../actors/endpoint/mod.ts";
import { credentials } from "../../actors/protocol/mod.ts";
import { init, nodes, put, shutdown } from "../../mod.ts";
import { encodeBatch, type Link } from "../../net/mod.ts";
import { ActorNumber, nodeOf, ownerOf, type PlaceId, placeId, systemClock, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { Cluster, waitForCondition } from "../../testing/mod.ts";

let cluster: Cluster;
/** This program's place. */
let driver: PlaceId;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 1 } });
  await init({ address: cluster.address, token: cluster.token, logToDriver: false });
  driver = ownerOf(put({}).id);
});

afterEach(async () => {
  await shutdown();
  await cluster.shutdown();
});

/** A node that has the cluster's token, and its link to the head. */
async function stranger(): Promise<{ link: Link; place: PlaceId; closed: () => string | undefined }> {
  const joined = await fetch(`${cluster.address.replace(/^ws/, "http")}/v1/join`, { method: "POST", headers: credentials(cluster.token) });
  const { node } = (await joined.json()) as { node: number };
  let reason: string | undefined;
  const events = { onFrame: () => {}, onClose: (why: string) => (reason = why) };
  const link = await dialNode({ url: cluster.address, node, token: cluster.token, clock: systemClock, events });
  return { link, place: placeId(node, 0), closed: () => reason };
}

describe("a node that sends what is meant for another", () => {
  for (const [what, bytes, to] of [
    ["garbage, to a driver", new Uint8Array([0xff, 1, 2]), () => driver],
    ["a link that is none, to a driver", encodeBatch([[ActorNumber.kernel, "link", 5, 0]]), () => driver],
    ["garbage, to a driver's node", new Uint8Array([0xff, 1, 2]), () => systemPlaceOf(driver)],
  ] as const) {
    test(`loses its own link, and nobody else anything: ${what}`, async () => {
      const { link, place, closed } = await stranger();
      link.send({ to: to(), from: place, bytes, attachments: [] });
      await waitForCondition(() => closed() !== undefined);
      expect(closed()).toContain(`for node ${nodeOf(driver)}`);
      const alive = (await nodes()).filter((each) => each.alive);
      expect(alive.length).toBe(2);
    });
  }
});
