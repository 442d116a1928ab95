import { describe, expect, test } from "bun:test";
import type { DeathRecord, PlacementGroupSpec } from "../../../actors/gcs/mod.ts";
import { taskId } from "../../../runtime/kernel/mod.ts";
import { actorSpec, addJob, bench, DRIVER, liveActor } from "./harness.ts";

const crash: DeathRecord = { cause: "signal", signal: "SIGSEGV" };

function group(placementGroupId: string, changes: Partial<PlacementGroupSpec> = {}): PlacementGroupSpec {
  return { placementGroupId, jobId: "j1", strategy: "SPREAD", bundles: [{ CPU: 1 }, { CPU: 2 }], ...changes };
}

describe("what follows from a loss", () => {
  test("a lost place restarts or ends what lived in it, and ends what it owned where that lives", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    liveActor(gcs, "restarts", { place: 7, maxRestarts: 1 });
    liveActor(gcs, "ends", { place: 7 });
    liveActor(gcs, "elsewhere", { place: 8 });
    gcs.registerActor(actorSpec("owned", { maxRestarts: -1 }), 7);
    gcs.actors.alive("owned", { incarnation: 0, place: 9 });
    gcs.registerActor(actorSpec("detached", { name: "d", detached: true }), 7);
    gcs.pubsub.subscribe({ channel: "actors" }, 7);
    const fallout = gcs.placeLost(7, crash);
    expect(fallout).toMatchObject({ restarting: ["restarts"], dead: ["ends", "owned"] });
    expect(fallout.stop).toEqual([{ actorId: "owned", incarnation: 0, place: 9 }]);
    expect(gcs.actors.get("restarts")).toMatchObject({ state: "RESTARTING", incarnation: 1, death: crash });
    expect(gcs.actors.get("restarts")?.place).toBeUndefined();
    expect(gcs.actors.get("owned")?.death).toEqual({ cause: "owner-died", signal: "SIGSEGV" });
    expect(gcs.actors.byName("main", "d")?.state).toBe("PENDING_CREATION");
    expect(gcs.pubsub.subscriberCount).toBe(0);
    expect(gcs.placeLost(7, crash).dead).toEqual([]);
  });

  test("a report about an earlier incarnation is stale and changes nothing", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    liveActor(gcs, "a", { place: 7, maxRestarts: 1 });
    gcs.placeLost(7, crash);
    expect(gcs.actors.alive("a", { incarnation: 0, place: 7 })).toBe(false);
    expect(gcs.loseActor("a", { incarnation: 0, death: crash }).dead).toEqual([]);
    expect(gcs.actors.alive("a", { incarnation: 1, place: 8 })).toBe(true);
    expect(gcs.actors.alive("a", { incarnation: 1, place: 8 })).toBe(true);
    expect(gcs.actors.alive("a", { incarnation: 1, place: 9 })).toBe(false);
    expect(gcs.actors.get("a")).toMatchObject({ state: "ALIVE", place: 8 });
    expect(gcs.actors.get("a")?.death).toBeUndefined();
  });

  test("a restart that is not counted needs no budget left, but one to speak of", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    liveActor(gcs, "some", { maxRestarts: 1 });
    liveActor(gcs, "none", { maxRestarts: 0 });
    for (let i = 0; i < 3; i++) expect(gcs.loseActor("some", { death: crash, counted: false }).restarting).toEqual(["some"]);
    expect(gcs.actors.get("some")).toMatchObject({ numRestarts: 0, incarnation: 3 });
    expect(gcs.loseActor("none", { death: crash, counted: false }).dead).toEqual(["none"]);
  });

  test("a lost node takes its workers, actors, bundles and jobs, and never comes back by that id", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    gcs.jobs.add({ jobId: "j2", namespace: "other", nodeId: "n1" });
    gcs.nodes.register({ nodeId: "n1", address: "h:1", resources: { CPU: 4 } });
    gcs.nodes.register({ nodeId: "n2", address: "h:2", resources: { CPU: 2, GPU: 0.1 } });
    expect(gcs.nodes.totalResources()).toEqual({ CPU: 6, GPU: 0.1 });
    gcs.workers.report({ workerId: "w1", nodeId: "n1", kind: "actor", place: 7 });
    liveActor(gcs, "there", { place: 7, nodeId: "n1", maxRestarts: 1 });
    liveActor(gcs, "starting", { place: 8, nodeId: "n1" });
    gcs.tasks.record([[taskId(1, 1), 0, "RUNNING", 5, { nodeId: "n1", workerId: "w1" }]]);
    gcs.registerPlacementGroup(group("pg"), DRIVER);
    gcs.placementGroups.prepared("pg", ["n1", "n2"]);
    gcs.placementGroups.created("pg");
    const fallout = gcs.nodeLost("n1", { cause: "unresponsive" });
    expect(fallout).toEqual({
      restarting: ["there"],
      dead: ["starting"],
      stop: [],
      reschedule: ["pg"],
      free: [],
      endedJobs: ["j2"],
    });
    expect(gcs.placementGroups.get("pg")).toMatchObject({
      state: "RESCHEDULING",
      bundles: [{ resources: { CPU: 1 } }, { resources: { CPU: 2 }, nodeId: "n2" }],
    });
    expect(gcs.workers.get("w1")).toMatchObject({ state: "DEAD", death: { cause: "node-died", nodeId: "n1" } });
    expect(gcs.tasks.attempts(taskId(1, 1))[0]).toMatchObject({ state: "FAILED", errorType: "NODE_DIED" });
    expect(gcs.nodes.totalResources()).toEqual({ CPU: 2, GPU: 0.1 });
    expect(gcs.nodes.register({ nodeId: "n1", address: "h:1", resources: {} }).outcome).toBe("dead");
    expect(gcs.nodes.report({ nodeId: "n1", available: {} })).toBe(false);
  });

  test("an ended job takes all it made but the detached, and its code once nobody needs it", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    gcs.jobs.add({ jobId: "j2", namespace: "other" });
    gcs.functions.register({ descriptorId: "d1", jobId: "j1", definition: "class" });
    gcs.functions.register({ descriptorId: "d2", jobId: "j1", definition: new Uint8Array(3) });
    gcs.functions.register({ descriptorId: "d2", jobId: "j2", definition: new Uint8Array(3) });
    gcs.functions.register({ descriptorId: "d3", jobId: "j1", definition: { a: 1 } });
    const released: unknown[] = [];
    gcs.functions.onReleased = (jobId, dropped) => released.push([jobId, dropped]);
    liveActor(gcs, "mine", { place: 7 });
    liveActor(gcs, "detached", { place: 8, detached: true, name: "d" });
    gcs.registerPlacementGroup(group("pg"), DRIVER);
    gcs.placementGroups.prepared("pg", ["n2", "n2"]);
    const fallout = gcs.endJob("j1", { status: "SUCCEEDED" });
    expect(fallout.dead).toEqual(["mine"]);
    expect(fallout.stop).toEqual([{ actorId: "mine", incarnation: 0, place: 7 }]);
    expect(fallout.free).toEqual([{ placementGroupId: "pg", nodeIds: ["n2"] }]);
    // The detached actor may need any of them.
    expect([...gcs.functions.rows()].map((row) => row.descriptorId)).toEqual(["d1", "d2", "d3"]);
    expect(gcs.registerActor(actorSpec("late"), DRIVER)).toEqual({ outcome: "no_job" });
    expect(gcs.registerActor(actorSpec("stranger", { jobId: "j9" }), DRIVER)).toEqual({ outcome: "no_job" });
    gcs.loseActor("detached", { death: { cause: "killed" }, restart: false });
    expect([...gcs.functions.rows()].map((row) => row.descriptorId)).toEqual(["d2"]);
    expect(released).toEqual([["j1", ["d1", "d3"]]]);
    expect(gcs.functions.register({ descriptorId: "d4", jobId: "j1", definition: "late" })).toBe(false);
    expect(gcs.functions.get("d4")).toBeUndefined();
    expect(gcs.endJob("j1", { status: "FAILED" }).endedJobs).toEqual([]);
    expect(gcs.jobs.get("j1")?.status).toBe("SUCCEEDED");
  });

  test("a removed placement group ends the actors in it and frees its name", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    expect(gcs.registerPlacementGroup(group("pg", { name: "mine" }), DRIVER)).toMatchObject({ outcome: "registered" });
    expect(gcs.registerPlacementGroup(group("pg2", { name: "mine" }), DRIVER)).toMatchObject({ outcome: "name_taken" });
    liveActor(gcs, "in", { placementGroupId: "pg", maxRestarts: -1 });
    expect(gcs.removePlacementGroup("pg").dead).toEqual(["in"]);
    expect(gcs.placementGroups.created("pg")).toBe(false);
    expect(gcs.registerPlacementGroup(group("pg2", { name: "mine" }), DRIVER)).toMatchObject({ outcome: "registered" });
  });
});

describe("nodes", () => {
  test("the silent are those not heard of for longer than asked; a restart grants them that time again", async () => {
    const real = await bench();
    real.gcs.nodes.register({ nodeId: "n1", address: "h:1", resources: {} });
    real.gcs.nodes.register({ nodeId: "n2", address: "h:2", resources: {} });
    real.now += 60;
    real.gcs.nodes.report({ nodeId: "n2", available: { CPU: 1 } });
    real.now += 50;
    expect(real.gcs.nodes.silent(100)).toEqual(["n1"]);
    await real.gcs.close();
    const gcs = await real.restart();
    expect(gcs.nodes.silent(100)).toEqual([]);
    expect(gcs.nodes.availableResources()).toEqual({});
    expect(gcs.nodes.register({ nodeId: "n1", address: "h:9", resources: { CPU: 3 } }).outcome).toBe("rejoined");
    expect(gcs.nodes.availableResources()).toEqual({ CPU: 3 });
  });

  test("a draining node stays, and gives nothing", async () => {
    const { gcs } = await bench();
    gcs.nodes.register({ nodeId: "n1", address: "h:1", resources: { CPU: 3 } });
    expect(gcs.nodes.drain("n1", { reason: "idle", deadlineMs: 9 })).toBe(true);
    expect(gcs.nodes.drain("n1", { reason: "preempted" })).toBe(true);
    expect(gcs.nodes.get("n1")).toMatchObject({ state: "DRAINING", drain: { reason: "preempted" } });
    expect(gcs.nodes.totalResources()).toEqual({ CPU: 3 });
    expect(gcs.nodes.availableResources()).toEqual({});
  });
});
