import { expect, test } from "bun:test";
import { WorkerPool } from "../../../actors/workers/mod.ts";
import type { Death } from "../../../runtime/errors/mod.ts";
import { nodeOf, type PlaceId, placeId } from "../../../runtime/kernel/mod.ts";
import { ManualClock } from "../objects/lab.ts";

/** A pool whose node has two places left. */
function pool(): { pool: WorkerPool; spawned: PlaceId[]; ready: PlaceId[]; unstartable: Death[] } {
  const spawned: PlaceId[] = [];
  const ready: PlaceId[] = [];
  const unstartable: Death[] = [];
  const made = new WorkerPool({
    host: {
      spawn: async (_kind, place) => spawned.push(place),
      stop: async () => true,
      close: async () => {},
    },
    clock: new ManualClock(),
    nodeId: "n",
    firstPlace: placeId(3, 0) - 2,
    limit: 8,
    lastLogs: () => [],
    onReady: (place) => ready.push(place),
    onLost: () => {},
    onUnstartable: (_kind, _environment, death) => unstartable.push(death),
    startError: (_environment, death) => new Error(death.detail),
    onStuck: () => {},
  });
  return { pool: made, spawned, ready, unstartable };
}

test("a node whose numbers are used up starts no more workers, those that live go on, and it says so", async () => {
  const { pool: workers, spawned, unstartable } = pool();
  expect(workers.request("thread", "null", 1)).toBe(true);
  const [first] = workers.list();
  workers.ready(first?.place as PlaceId);
  const second = workers.acquire("thread", "null");
  workers.ready((first?.place as PlaceId) + 1);
  await second;
  expect(spawned.map(nodeOf)).toEqual([2, 2]);
  expect(workers.request("thread", "null", 1)).toBe(false);
  const refusal = await workers.acquire("thread", "null").catch((error: unknown) => error);
  expect((refusal as Error).message).toContain("restart the node");
  expect(unstartable).toEqual([]);
  workers.retire(first?.place as PlaceId);
  await Promise.resolve();
  await Promise.resolve();
  // With the last worker for tasks, tasks have no way to run here.
  expect(workers.request("thread", "null", 1)).toBe(false);
  await Promise.resolve();
  expect(unstartable.map(({ detail }) => detail)).toEqual([expect.stringContaining("restart the node")]);
  expect(spawned.length).toBe(2);
});
