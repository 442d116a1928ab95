import { describe, expect, test } from "bun:test";
import { parseFilter, STATE_KINDS, type StateKind } from "../../../actors/gcs/mod.ts";
import { taskId } from "../../../runtime/kernel/mod.ts";
import { actorSpec, addJob, bench, DRIVER, liveActor } from "./harness.ts";

async function populated() {
  const real = await bench({ limits: { listDefault: 3, listMax: 5 } });
  const { gcs } = real;
  addJob(gcs);
  for (let i = 0; i < 4; i++) liveActor(gcs, `a${i}`, { className: i < 3 ? "Counter" : "Queue", nodeId: `N${i % 2}` });
  gcs.registerActor(actorSpec("a4", { name: "last" }), DRIVER);
  gcs.loseActor("a0", { restart: false, death: { cause: "killed" } });
  gcs.nodes.register({ nodeId: "n1", address: "h:1", resources: { CPU: 1 }, labels: { Zone: "A" } });
  gcs.nodes.register({ nodeId: "n2", address: "h:2", resources: { CPU: 1 }, labels: { Zone: "B" } });
  gcs.errors.add({ type: "OUT_OF_DISK", message: "full", jobId: "j1" });
  return real;
}

describe("listings", () => {
  test("give the first rows that match, and tell what they leave out", async () => {
    const { gcs } = await populated();
    const listing = gcs.state.list("actors");
    expect(listing.rows.map((row) => row["actorId"])).toEqual(["a1", "a2", "a3"]);
    expect(listing).toMatchObject({ total: 5, matched: 5, truncated: true });
    expect(gcs.state.list("actors", { limit: 5 })).toMatchObject({ matched: 5, truncated: false });
    expect(listing.rows[0]).not.toHaveProperty("incarnation");
    expect(gcs.state.list("actors", { detail: true }).rows[0]).toHaveProperty("incarnation", 0);
  });

  test("filters hold together, without regard to case, by column in either spelling", async () => {
    const { gcs } = await populated();
    const ids = (...filters: string[]) => gcs.state.list("actors", { filters }).rows.map((row) => row["actorId"]);
    expect(ids("state=alive", "node_id=n1")).toEqual(["a1", "a3"]);
    expect(ids("STATE != Alive")).toEqual(["a4", "a0"]);
    expect(ids("className=counter", "state!=DEAD", "nodeId=N0")).toEqual(["a2"]);
    expect(ids("name=")).toEqual(["a1", "a2", "a3"]);
    expect(ids("incarnation=0", "detached=false", "name=LAST")).toEqual(["a4"]);
    expect(gcs.state.list("nodes", { filters: ["labels.Zone=b"] }).rows.map((row) => row["nodeId"])).toEqual(["n2"]);
    expect(gcs.state.list("nodes", { filters: ["labels.constructor!="] }).rows).toEqual([]);
  });

  test("what can't be asked is refused by name", async () => {
    const { gcs } = await populated();
    expect(() => gcs.state.list("actors", { limit: 6 })).toThrow("listMax");
    expect(() => gcs.state.list("actors", { limit: 0 })).toThrow("limit");
    expect(() => gcs.state.list("actors", { filters: ["colour=red"] })).toThrow("colour");
    expect(() => gcs.state.list("actors", { filters: ["colour"] })).toThrow("KEY=VALUE");
    expect(() => gcs.state.list("actors", { filters: [{ key: "state", predicate: "<" as "=", value: "" }] })).toThrow("<");
    expect(() => gcs.state.list("planets" as StateKind)).toThrow("planets");
    expect(parseFilter(" a.b != c = d ")).toEqual({ key: "a.b", predicate: "!=", value: "c = d" });
  });

  test("every kind can be listed, summed up and asked for one row", async () => {
    const { gcs } = await populated();
    gcs.functions.register({ descriptorId: "d1", jobId: "j1", definition: "f" });
    for (const kind of STATE_KINDS) {
      const { rows, total } = gcs.state.list(kind, { detail: true });
      expect(gcs.state.summary(kind).total).toBe(total);
      expect(gcs.state.get(kind, "nobody")).toBeUndefined();
      const [first] = rows;
      if (first) expect(gcs.state.get(kind, String(Object.values(first)[0]))).toEqual(first);
    }
  });

  test("summaries count by state, actors by class, tasks by function and type", async () => {
    const { gcs } = await populated();
    expect(gcs.state.summary("actors")).toEqual({
      total: 5,
      states: { ALIVE: 3, PENDING_CREATION: 1, DEAD: 1 },
      lines: [
        { name: "Counter", states: { ALIVE: 2, PENDING_CREATION: 1, DEAD: 1 } },
        { name: "Queue", states: { ALIVE: 1 } },
      ],
    });
    for (let i = 0; i < 3; i++) gcs.tasks.record([[taskId(1, i), 0, i ? "FINISHED" : "RUNNING", 1, { name: "f", type: "ACTOR_TASK" }]]);
    expect(gcs.state.summary("tasks")).toEqual({
      total: 3,
      states: { RUNNING: 1, FINISHED: 2 },
      lines: [{ name: "f", type: "ACTOR_TASK", states: { RUNNING: 1, FINISHED: 2 } }],
      dropped: 0,
    });
    expect(gcs.state.summary("jobs")).toMatchObject({ total: 1, states: { RUNNING: 1 } });
  });
});
