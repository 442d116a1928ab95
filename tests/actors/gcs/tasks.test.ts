import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type TaskEvent, type TaskState, timeline } from "../../../actors/gcs/mod.ts";
import { TaskColumns } from "../../../actors/gcs/task_columns.ts";
import { TaskIndex } from "../../../actors/gcs/task_index.ts";
import { TASK_STATES } from "../../../actors/gcs/task_state.ts";
import { RUN_WIDTH, RunOutcome } from "../../../runtime/contracts/mod.ts";
import { taskId, workerId } from "../../../runtime/kernel/mod.ts";
import { bench } from "./harness.ts";

const T = taskId(2 ** 20, 1);

describe("task events", () => {
  test("reports in any order end in the same row", async () => {
    const story: TaskEvent[] = [
      [T, 0, "PENDING_ARGS_AVAIL", 10, { name: "square", type: "NORMAL_TASK", jobId: "j1" }],
      [T, 0, "PENDING_NODE_ASSIGNMENT", 20],
      [T, 0, "SUBMITTED_TO_WORKER", 30, { nodeId: "n1", workerId: "w1" }],
      [T, 0, "RUNNING", 40],
      [T, 0, "RUNNING_IN_RAY_GET", 50],
      [T, 0, "FAILED", 60, { errorType: "TASK_ERROR", errorMessage: "no" }],
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(story, { minLength: story.length }), async (shuffled) => {
        const { gcs } = await bench();
        gcs.tasks.record(shuffled);
        expect(gcs.state.get("tasks", T)).toEqual({
          taskId: T,
          attempt: 0,
          name: "square",
          type: "NORMAL_TASK",
          state: "FAILED",
          jobId: "j1",
          nodeId: "n1",
          workerId: "w1",
          createdMs: 10,
          submittedMs: 30,
          startedMs: 40,
          endedMs: 60,
          errorType: "TASK_ERROR",
          errorMessage: "no",
        });
      }),
    );
  });

  test("a running task goes in and out of get by time, and an end is the end", async () => {
    const { gcs } = await bench();
    const state = () => gcs.tasks.attempts(T)[0]?.state;
    const after = (...events: [TaskState, number][]) => {
      gcs.tasks.record(events.map(([each, at]) => [T, 0, each, at]));
      return state();
    };
    expect(after(["RUNNING", 1], ["RUNNING_IN_RAY_GET", 2], ["RUNNING", 3])).toBe("RUNNING");
    expect(after(["RUNNING_IN_RAY_WAIT", 2])).toBe("RUNNING");
    expect(after(["FINISHED", 4], ["FAILED", 5], ["RUNNING", 6])).toBe("FINISHED");
    expect(() => gcs.tasks.record([[T, 0, "DREAMING" as TaskState, 1]])).toThrow("DREAMING");
  });

  test("a report of an earlier state changes nothing, whatever its place's clock says", async () => {
    const { gcs } = await bench();
    gcs.tasks.record([
      [T, 0, "RUNNING", 10],
      [T, 0, "SUBMITTED_TO_WORKER", 99],
    ]);
    expect(gcs.tasks.attempts(T)[0]).toMatchObject({ state: "RUNNING", submittedMs: 99, startedMs: 10 });
  });

  test("attempts are apart; the last one stands for the task", async () => {
    const { gcs } = await bench();
    gcs.tasks.record([
      [T, 0, "FAILED", 1],
      [T, 2, "RUNNING", 3],
      [T, 1, "FAILED", 2],
    ]);
    expect(gcs.tasks.attempts(T).map((row) => [row.attempt, row.state])).toEqual([
      [0, "FAILED"],
      [1, "FAILED"],
      [2, "RUNNING"],
    ]);
    expect(gcs.state.get("tasks", T)).toMatchObject({ attempt: 2 });
  });

  test("when full, the ended make room before what still runs, and the count of the forgotten is told", async () => {
    const { gcs } = await bench({ limits: { taskEvents: 10 } });
    const [runs, waits] = [taskId(3, 1), taskId(3, 2)];
    gcs.tasks.record([
      [runs, 0, "RUNNING", 1],
      [waits, 0, "PENDING_ARGS_AVAIL", 1],
    ]);
    for (let i = 0; i < 100; i++) gcs.tasks.record([[taskId(1, i), 0, "FINISHED", i, { errorMessage: `of ${i}` }]]);
    expect(gcs.tasks.size).toBe(10);
    expect(gcs.state.list("tasks")).toMatchObject({ total: 10, dropped: 92 });
    expect(gcs.tasks.attempts(runs)[0]?.state).toBe("RUNNING");
    expect(gcs.tasks.attempts(waits)[0]?.state).toBe("PENDING_ARGS_AVAIL");
    for (const row of gcs.tasks.rows()) if (row.errorMessage) expect(row.errorMessage).toBe(`of ${row.endedMs}`);
    for (let i = 0; i < 100; i++) gcs.tasks.record([[taskId(2, i), 0, "RUNNING", i]]);
    gcs.tasks.lose(5);
    expect(gcs.tasks.size).toBe(10);
    expect(gcs.tasks.dropped).toBe(92 + 100 + 5);
  });

  test("what can't tell its end any more is told FAILED, and nothing else", async () => {
    const real = await bench();
    const { gcs } = real;
    const [ran, runs, other] = [1, 2, 3].map((sequence) => taskId(1, sequence)) as [string, string, string];
    gcs.tasks.record([
      [ran, 0, "FINISHED", 1, { workerId: "w1" }],
      [runs, 0, "RUNNING", 1, { workerId: "w1" }],
      [other, 0, "RUNNING", 1, { workerId: "w2" }],
    ]);
    gcs.workers.report({ workerId: "w1", nodeId: "n1", kind: "task" });
    real.now = 77;
    gcs.workerLost("w1", { cause: "out-of-memory" });
    expect(gcs.tasks.attempts(runs)[0]).toMatchObject({ state: "FAILED", endedMs: 77, errorType: "OUT_OF_MEMORY" });
    expect(gcs.tasks.attempts(ran)[0]?.state).toBe("FINISHED");
    expect(gcs.tasks.attempts(other)[0]?.state).toBe("RUNNING");
  });

  test("columns widen without losing a row", async () => {
    const { gcs } = await bench();
    const count = 5_000;
    gcs.tasks.record(Array.from({ length: count }, (_, i): TaskEvent => [taskId(i, i), i % 3, TASK_STATES[i % TASK_STATES.length]!, i]));
    let i = 0;
    for (const row of gcs.tasks.rows()) {
      expect([row.taskId, row.attempt, row.state]).toEqual([taskId(i, i), i % 3, TASK_STATES[i % TASK_STATES.length]!]);
      i++;
    }
    expect(i).toBe(count);
  });
});

describe("runs that have ended", () => {
  const rowsOf = (...rows: (readonly number[])[]): Uint8Array => new Uint8Array(new Float64Array(rows.flat()).buffer);
  const { finished, failed, cancelled } = RunOutcome;

  test("are told many at once, and are rows like others", async () => {
    const { gcs } = await bench();
    const [owner, place] = [7 * 2 ** 20 + 1, 9 * 2 ** 20 + 4];
    gcs.tasks.record([[taskId(owner, 2), 1, "PENDING_ARGS_AVAIL", 3, { jobId: "j1" }]]);
    const rows = rowsOf(
      [owner, 1, 0, 0, place, 10, 12, finished],
      [owner, 2, 0, 1, place, 5, 7, failed],
      [owner, 2, 1, 1, place + 1, 11, 15, cancelled],
    );
    // As they come in a frame: not at its beginning.
    const frame = new Uint8Array(rows.length + 3);
    frame.set(rows, 3);
    gcs.tasks.recordRuns({ nodeId: "n1", names: ["square", "cube"], rows: frame.subarray(3) });
    expect([...gcs.tasks.rows()]).toHaveLength(3);
    expect(gcs.tasks.attempts(taskId(owner, 1))).toMatchObject([
      { attempt: 0, state: "FINISHED", name: "square", nodeId: "n1", workerId: workerId(place), startedMs: 10, endedMs: 12 },
    ]);
    expect(gcs.tasks.attempts(taskId(owner, 2))).toMatchObject([
      { attempt: 0, state: "FAILED", errorType: "TASK_ERROR", name: "cube", workerId: workerId(place), startedMs: 5, endedMs: 7 },
      { attempt: 1, state: "FAILED", errorType: "TASK_CANCELLED", workerId: workerId(place + 1), createdMs: 3, endedMs: 15, jobId: "j1" },
    ]);
  });

  test("that cannot be are refused, and say why", async () => {
    const { gcs } = await bench();
    const refused = (...row: number[]): string => {
      try {
        gcs.tasks.recordRuns({ nodeId: "n1", names: ["square"], rows: rowsOf(row) });
        return "taken";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refused(...Array<number>(RUN_WIDTH - 1).fill(0))).toContain(`${(RUN_WIDTH - 1) * 8} bytes`);
    expect(refused(1, 1, 0, 1, 1, 0, 0, 0)).toContain("function");
    expect(refused(-1, 1, 0, 0, 1, 0, 0, 0)).toContain("task of a worker");
    expect(refused(1, NaN, 0, 0, 1, 0, 0, 0)).toContain("task of a worker");
    expect(refused(1, 1, 0, 0, 0.5, 0, 0, 0)).toContain("task of a worker");
    expect(refused(1, 1, 0, 0, 1, 0, Infinity, 0)).toContain("times");
    expect(refused(1, 1, 0, 0, 1, 0, 0, 3)).toContain("outcome");
    expect(gcs.tasks.size).toBe(0);
    expect(() => gcs.tasks.record([["task one", 0, "RUNNING", 1]])).toThrow('"task one" is no task\'s id');
  });
});

describe("the index of task attempts", () => {
  test("finds what a map finds, whatever comes and goes", () => {
    const key = fc.record({ owner: fc.integer({ min: 0, max: 3 }), sequence: fc.integer({ min: 0, max: 9 }), attempt: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 300 }), fc.integer({ min: 0, max: 2 ** 40 }), (steps, base) => {
        const columns = new TaskColumns(200);
        const index = new TaskIndex(columns, 4);
        const model = new Map<string, number>();
        const free: number[] = [];
        for (const [{ owner, sequence, attempt }, comes] of steps) {
          const own = { owner: owner + base, sequence: sequence * 2 ** 33, attempt };
          const text = JSON.stringify(own);
          const known = model.get(text);
          expect(index.get(own)).toBe(known);
          if (comes && known === undefined) {
            const slot = free.pop() ?? columns.grow();
            columns.open(slot, own);
            index.add(slot);
            model.set(text, slot);
          } else if (!comes && known !== undefined) {
            index.remove(known);
            model.delete(text);
            free.push(known);
          }
        }
        for (const [text, slot] of model) expect(index.get(JSON.parse(text))).toBe(slot);
      }),
    );
  });
});

describe("timeline", () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((sequence) => taskId(1, sequence)) as [string, string, string, string];
  const run = (taskId: string, times: [number, number?], facts: object = {}): TaskEvent[] => {
    const [start, end] = times;
    const events: TaskEvent[] = [[taskId, 0, "RUNNING", start, { nodeId: "n1", workerId: "w1", name: "f", ...facts }]];
    if (end !== undefined) events.push([taskId, 0, "FINISHED", end]);
    return events;
  };

  test("spans are in microseconds on their node's and worker's lanes, with names", async () => {
    const { gcs } = await bench();
    gcs.tasks.record([...run(a, [10, 12]), ...run(b, [12, 15]), ...run(c, [11], { workerId: "w2" }), [d, 0, "PENDING_ARGS_AVAIL", 1]]);
    const trace = timeline(gcs.tasks.rows(), { nowMs: 20 });
    expect(trace.filter((event) => event.ph === "M").map((event) => event.args["name"])).toEqual(["node n1", "worker w1", "worker w2"]);
    expect(trace.filter((event) => event.ph === "X").map(({ pid, tid, ts, dur, args }) => [args["taskId"], pid, tid, ts, dur])).toEqual([
      [a, 1, 1, 10_000, 2_000],
      [c, 1, 2, 11_000, 9_000],
      [b, 1, 1, 12_000, 3_000],
    ]);
    expect(JSON.parse(JSON.stringify(trace)).length).toBe(trace.length);
  });

  test("no two spans of a lane overlap, and none is negative", async () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: -3, max: 20 }), fc.constantFrom("w1", "w2"));
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 30 }), async (spans) => {
        const { gcs } = await bench();
        for (const [i, [start, length, workerId]] of spans.entries()) {
          gcs.tasks.record(run(taskId(1, i), [start, start + length], { workerId }));
        }
        const lanes = new Map<number, number>();
        const trace = timeline(gcs.tasks.rows(), { nowMs: 100 }).filter((event) => event.ph === "X");
        expect(trace.length).toBe(spans.length);
        for (const { tid, ts, dur } of trace) {
          expect(dur).toBeGreaterThanOrEqual(0);
          expect(ts).toBeGreaterThanOrEqual(lanes.get(tid) ?? 0);
          lanes.set(tid, ts! + dur!);
        }
      }),
    );
  });
});
