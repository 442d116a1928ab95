import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Gcs, NodeSpec } from "../../../actors/gcs/mod.ts";
import { HEAD_NODE, placeId } from "../../../runtime/kernel/mod.ts";
import { bench, liveActor } from "./harness.ts";

const spec = (nodeId: string, changes: Partial<NodeSpec> = {}): NodeSpec => ({
  nodeId,
  address: `ws://${nodeId}`,
  resources: { CPU: 4 },
  ...changes,
});

/** A node joins as it should: it gets a number, and registers with it. */
function join(gcs: Gcs, nodeId: string): number {
  const number = gcs.nodes.nextNumber();
  expect(gcs.registerNode(spec(nodeId, { number })).outcome).toBe("registered");
  return number;
}

const crash = { cause: "unresponsive", detail: "no report" } as const;

describe("a head that begins on the tables of one before", () => {
  test("ends its nodes, jobs and actors, and their names are free; what is kept for good stays", async () => {
    const real = await bench();
    real.gcs.registerNode(spec("head 0", { head: true }));
    join(real.gcs, "a");
    real.gcs.jobs.add({ jobId: "j1", namespace: "main", nodeId: "a", driver: 5 });
    liveActor(real.gcs, "on a node", { nodeId: "a", detached: true, maxRestarts: -1, name: "x" });
    liveActor(real.gcs, "nowhere yet", { detached: true, maxRestarts: -1, name: "y" });
    real.gcs.kv.put({ namespace: "n", key: "k", value: "v" });
    await real.gcs.close();
    const gcs = await real.restart();
    const fallout = gcs.begun("head 1", false);
    expect(fallout).toMatchObject({ restarting: [], dead: ["on a node", "nowhere yet"], stop: [], endedJobs: ["j1"] });
    expect(gcs.nodes.live()).toEqual([]);
    expect(gcs.actors.named()).toEqual([]);
    expect(gcs.nodes.get("a")?.death?.detail).toContain("started anew, as node head 1");
    expect(gcs.kv.get({ namespace: "n", key: "k" })).toBe("v");
    expect(gcs.registerNode(spec("head 1", { head: true })).outcome).toBe("registered");
    expect(gcs.begun("head 1", false)).toMatchObject({ dead: [], endedJobs: [] });
    expect(gcs.nodes.live().map(({ nodeId }) => nodeId)).toEqual(["head 1"]);
  });
});

describe("numbers of nodes", () => {
  test("are handed out from the head's on and never again, whatever dies and however often the head restarts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("join", "offer", "die", "restart"), { maxLength: 25 }), async (steps) => {
        const real = await bench({ limits: { deadNodes: 2 } });
        real.gcs.registerNode(spec("head 0", { head: true }));
        const given: number[] = [];
        const live: string[] = [];
        for (const [i, step] of steps.entries()) {
          if (step === "offer") given.push(real.gcs.nodes.nextNumber());
          else if (step === "join") {
            given.push(join(real.gcs, `n${i}`));
            live.push(`n${i}`);
          } else if (step === "die") {
            const nodeId = live.shift();
            if (nodeId !== undefined) real.gcs.nodeLost(nodeId, crash);
          } else {
            await real.gcs.close();
            await real.restart();
            real.gcs.registerNode(spec(`head ${i}`, { head: true }));
          }
        }
        expect(given).toEqual(given.map((_, i) => HEAD_NODE + 1 + i));
        const numbers = live.map((nodeId) => real.gcs.nodes.get(nodeId)!.number!);
        for (const number of given) {
          expect(real.gcs.nodes.byNumber(number) !== undefined).toBe(numbers.includes(number));
          if (numbers.includes(number)) expect(real.gcs.nodes.isGone(number)).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("a node registers under the number it was given and no other", async () => {
    const { gcs } = await bench();
    const number = gcs.nodes.nextNumber();
    expect(gcs.registerNode(spec("a", { number: number + 1 }))).toMatchObject({ outcome: "unknown" });
    expect(gcs.nodes.isGone(number)).toBe(false);
    expect(gcs.registerNode(spec("a", { number }))).toMatchObject({ outcome: "registered", node: { number, state: "ALIVE" } });
    expect(gcs.registerNode(spec("b", { number }))).toMatchObject({ outcome: "unknown" });
    expect(gcs.registerNode(spec("b", { number: HEAD_NODE, head: true }))).toMatchObject({ outcome: "registered" });
    expect(gcs.nodes.byNumber(number)?.nodeId).toBe("a");
  });

  test("one that comes back after its death is refused, also when the death is forgotten and the head is new", async () => {
    const real = await bench({ limits: { deadNodes: 1 } });
    const number = join(real.gcs, "a");
    real.now = 5_000;
    real.gcs.nodeLost("a", crash);
    expect(real.gcs.nodes.get("a")).toMatchObject({ state: "DEAD", number, endedMs: 5_000, death: crash });
    expect(real.gcs.registerNode(spec("a", { number })).outcome).toBe("dead");
    expect(real.gcs.nodes.report({ nodeId: "a", sequence: 99 })).toBe(false);
    join(real.gcs, "b");
    real.gcs.nodeLost("b", crash);
    expect(real.gcs.nodes.get("a")).toBeUndefined();
    await real.gcs.close();
    const gcs = await real.restart();
    expect(gcs.registerNode(spec("a", { number })).outcome).toBe("unknown");
    expect([gcs.nodes.isGone(number), gcs.nodes.isGone(number + 2), gcs.nodes.isGone(HEAD_NODE)]).toEqual([true, false, false]);
  });

  test("a live node comes back after the head's restart under its own number, and no other node gets it", async () => {
    const real = await bench();
    const number = join(real.gcs, "a");
    await real.gcs.close();
    const gcs = await real.restart();
    expect(gcs.nodes.byNumber(number)?.nodeId).toBe("a");
    expect(gcs.registerNode(spec("a", { number: number + 5 })).outcome).toBe("unknown");
    expect(gcs.registerNode(spec("a", { number })).outcome).toBe("rejoined");
    expect(gcs.nodes.nextNumber()).toBe(number + 1);
  });

  test("a head started anew under another id takes the place of the one before, with all that was there", async () => {
    const real = await bench();
    real.gcs.registerNode(spec("old", { head: true }));
    real.gcs.jobs.add({ jobId: "j1", namespace: "main", nodeId: "old", driver: placeId(HEAD_NODE, 1) });
    await real.gcs.close();
    const gcs = await real.restart();
    const { outcome, node, fallout } = gcs.registerNode(spec("new", { head: true }));
    expect([outcome, node?.number, fallout.endedJobs]).toEqual(["registered", HEAD_NODE, ["j1"]]);
    expect(gcs.nodes.get("old")).toMatchObject({ state: "DEAD" });
    expect(gcs.registerNode(spec("new", { head: true }))).toMatchObject({ outcome: "rejoined", fallout: { endedJobs: [] } });
  });
});

describe("reports of nodes", () => {
  test("in whatever order they arrive, the last one holds", async () => {
    const reports = [1, 2, 3, 4, 5];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(reports, { minLength: 1 }), async (order) => {
        const { gcs } = await bench();
        join(gcs, "a");
        for (const sequence of order) {
          const pending = [{ name: `f${sequence}`, resources: { CPU: 1 }, waiting: sequence }];
          expect(gcs.nodes.report({ nodeId: "a", sequence, available: { CPU: sequence / 2 }, pending })).toBe(true);
        }
        const last = Math.max(...order);
        expect(gcs.nodes.availableResources()).toEqual({ CPU: last / 2 });
        expect(gcs.nodes.pendingDemand()).toEqual([{ name: `f${last}`, resources: { CPU: 1 }, waiting: last, nodeId: "a" }]);
      }),
    );
  });

  test("a late one is no sign of life, and counting begins anew when the node registers again", async () => {
    const real = await bench();
    const { nodes } = real.gcs;
    const number = join(real.gcs, "a");
    nodes.report({ nodeId: "a", sequence: 7 });
    real.now += 100;
    nodes.report({ nodeId: "a", sequence: 6, available: { CPU: 0 } });
    expect([nodes.silent(50), nodes.availableResources()]).toEqual([["a"], { CPU: 4 }]);
    real.gcs.registerNode(spec("a", { number }));
    nodes.report({ nodeId: "a", sequence: 1, available: { CPU: 1 }, total: { CPU: 8 } });
    expect([nodes.silent(50), nodes.availableResources(), nodes.totalResources()]).toEqual([[], { CPU: 1 }, { CPU: 8 }]);
  });

  test("what waits is bounded and goes with the node; a senseless report changes nothing", async () => {
    const { gcs } = await bench({ limits: { nodePending: 2 } });
    join(gcs, "a");
    const line = (name: string) => ({ name, resources: {}, waiting: 1 });
    gcs.nodes.report({ nodeId: "a", sequence: 1, pending: ["x", "y", "z"].map(line) });
    expect(gcs.nodes.pendingDemand().map(({ name }) => name)).toEqual(["x", "y"]);
    expect(() => gcs.nodes.report({ nodeId: "a", sequence: 2, available: { CPU: -1 } })).toThrow("CPU");
    expect(gcs.nodes.availableResources()).toEqual({ CPU: 4 });
    gcs.nodeLost("a", crash);
    expect([gcs.nodes.pendingDemand(), gcs.nodes.availableResources()]).toEqual([[], {}]);
  });
});

describe("a node's end", () => {
  test("draining has a cause, a beginning and a deadline, also after the head's restart", async () => {
    const real = await bench();
    join(real.gcs, "a");
    real.now = 2_000;
    real.gcs.nodes.drain("a", { reason: "idle" });
    real.now = 3_000;
    real.gcs.nodes.drain("a", { reason: "preempted", deadlineMs: 3_500 });
    expect(real.gcs.nodes.overdue()).toEqual([]);
    await real.gcs.close();
    const gcs = await real.restart();
    expect(gcs.nodes.get("a")).toMatchObject({ state: "DRAINING", drain: { reason: "preempted", deadlineMs: 3_500, sinceMs: 2_000 } });
    real.now = 3_500;
    expect(gcs.nodes.overdue()).toEqual(["a"]);
    expect(gcs.nodes.drain("a", { reason: "again", deadlineMs: 9_000 })).toBe(true);
    expect(gcs.nodes.overdue()).toEqual([]);
    gcs.nodeLost("a", { cause: "terminated" });
    expect([gcs.nodes.drain("a", { reason: "late" }), gcs.nodes.overdue()]).toEqual([false, []]);
  });

  test("ends the jobs driven from there: done when it left, failed when it died; other jobs go on", async () => {
    const { gcs } = await bench();
    const [a, b] = [join(gcs, "a"), join(gcs, "b")];
    gcs.jobs.add({ jobId: "of a", namespace: "n", nodeId: "a", driver: placeId(a, 1) });
    gcs.jobs.add({ jobId: "by place", namespace: "n", driver: placeId(b, 1) });
    gcs.jobs.add({ jobId: "other", namespace: "n", driver: placeId(b + 1, 1) });
    expect(gcs.nodeLost("a", { cause: "terminated" }).endedJobs).toEqual(["of a"]);
    expect(gcs.nodeLost("b", crash).endedJobs).toEqual(["by place"]);
    expect(["of a", "by place", "other"].map((id) => gcs.jobs.get(id)?.status)).toEqual(["SUCCEEDED", "FAILED", "RUNNING"]);
    expect(gcs.jobs.get("by place")?.message).toContain("b died");
  });

  test("a driver's place that is lost ends its job and what the job made, but for the detached", async () => {
    const { gcs } = await bench();
    const driver = placeId(join(gcs, "a"), 1);
    gcs.jobs.add({ jobId: "j", namespace: "n", nodeId: "a", driver });
    for (const detached of [false, true]) {
      const actorId = detached ? "stays" : "goes";
      gcs.registerActor({ actorId, jobId: "j", className: "C", descriptorId: "d", dependenciesReady: true, detached, name: actorId }, driver);
      gcs.actors.alive(actorId, { incarnation: 0, place: 99 });
    }
    const fallout = gcs.placeLost(driver, { cause: "signal", signal: "SIGKILL" });
    expect([fallout.endedJobs, fallout.dead]).toEqual([["j"], ["goes"]]);
    expect(gcs.jobs.get("j")).toMatchObject({ status: "FAILED", message: "Its driver died: signal." });
    expect(gcs.nodes.get("a")?.state).toBe("ALIVE");
  });

  test("takes the subscriptions of all its places", async () => {
    const { gcs } = await bench();
    const [a, b] = [join(gcs, "a"), join(gcs, "b")];
    for (const place of [placeId(a, 0), placeId(a, 9), placeId(b, 0)]) gcs.pubsub.subscribe({ channel: "actors" }, place);
    gcs.nodeLost("a", crash);
    expect(gcs.pubsub.subscriberCount).toBe(1);
  });
});
