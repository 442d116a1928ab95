import { describe, expect, test } from "bun:test";
import { WorkerPool } from "../../../actors/workers/mod.ts";
import type { Death } from "../../../runtime/errors/mod.ts";
import { nodeOf, type PlaceId, placeId } from "../../../runtime/kernel/mod.ts";
import { ManualClock } from "../objects/lab.ts";

interface Lab {
  pool: WorkerPool;
  clock: ManualClock;
  spawned: PlaceId[];
  ready: PlaceId[];
  unstartable: Death[];
  lost: Death[];
  /** What its workers have printed, as far as the node has heard. */
  lines: string[];
}

/** A pool whose node has two places left. */
function pool(): Lab {
  const clock = new ManualClock();
  const lost: Death[] = [];
  const lines: string[] = [];
  const spawned: PlaceId[] = [];
  const ready: PlaceId[] = [];
  const unstartable: Death[] = [];
  const made = new WorkerPool({
    host: {
      spawn: async (_kind, place) => spawned.push(place),
      stop: async () => true,
      close: async () => {},
    },
    clock,
    nodeId: "n",
    firstPlace: placeId(3, 0) - 2,
    limit: 8,
    lastLogs: () => [...lines],
    onReady: (place) => ready.push(place),
    onLost: (_place, death) => lost.push(death),
    onUnstartable: (_kind, _environment, death) => unstartable.push(death),
    startError: (_environment, death) => new Error(death.detail),
    onStuck: () => {},
  });
  return { pool: made, clock, spawned, ready, unstartable, lost, lines };
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

describe("a thread that has ended by itself", () => {
  test("is told of with its last words and lines, though the word of its end was faster", () => {
    const { pool: workers, lost, lines } = pool();
    workers.request("thread", "null", 1);
    const place = workers.list()[0]?.place as PlaceId;
    workers.ready(place);
    workers.exited(place, { code: 1 });
    lines.push("about to exit");
    workers.lastWords(place, { exitCode: 3 });
    expect(lost).toMatchObject([{ cause: "exit", exitCode: 3, lastLogs: ["about to exit"] }]);
    workers.exited(place, { code: 1 });
    expect(lost).toHaveLength(1);
  });

  test("and said nothing is told of a little later, and one that was ended at once", async () => {
    const { pool: workers, clock, lost } = pool();
    workers.request("thread", "null", 1);
    const place = workers.list()[0]?.place as PlaceId;
    workers.ready(place);
    workers.exited(place, { code: 4 });
    expect(lost).toEqual([]);
    clock.advance(100);
    expect(lost).toMatchObject([{ cause: "exit", exitCode: 4 }]);
    workers.request("thread", "null", 1);
    const other = workers.list()[0]?.place as PlaceId;
    workers.ready(other);
    workers.kill(other, "asked for");
    workers.exited(other, { code: 1 });
    expect(lost).toMatchObject([{}, { cause: "killed", detail: "asked for" }]);
  });
});
