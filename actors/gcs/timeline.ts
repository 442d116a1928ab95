import type { TaskInfo } from "./task_columns.ts";

/**
 * An event of Chrome's trace format (as chrome://tracing and Perfetto read it): "X" is a span, "M" names a
 * process or a thread. `ts` and `dur` are in microseconds.
 */
export interface TraceEvent {
  readonly ph: "X" | "M";
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  /** A colour name of the viewer; failures are red. */
  readonly cname?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A node is a process of the trace; each worker has a lane, and more where its spans cross. */
interface Lane {
  readonly pid: number;
  readonly tid: number;
  freeAtMs: number;
}

/**
 * Turns task attempts that have started into a Chrome trace. Spans that overlap on one worker (an actor with
 * concurrency) are put on lanes side by side, since a viewer nests or hides those on one lane. What still
 * runs ends at `nowMs`.
 */
export function timeline(tasks: Iterable<TaskInfo>, options: { readonly nowMs: number }): TraceEvent[] {
  const started = [...tasks].filter((task) => task.startedMs !== undefined);
  started.sort((a, b) => (a.startedMs as number) - (b.startedMs as number) || (a.taskId < b.taskId ? -1 : 1));
  const lanes = new Lanes();
  const spans = started.map((task) => {
    const startMs = task.startedMs as number;
    // Two clocks may have told the ends: a span is never negative.
    const endMs = Math.max(startMs, task.endedMs ?? options.nowMs);
    return span(task, { startMs, endMs, lane: lanes.take(task, { startMs, endMs }) });
  });
  return [...lanes.names, ...spans];
}

function span(task: TaskInfo, at: { readonly startMs: number; readonly endMs: number; readonly lane: Lane }): TraceEvent {
  const { taskId, attempt, jobId, actorId, parentTaskId, errorType, state } = task;
  return {
    ph: "X",
    name: task.name ?? taskId,
    cat: task.type ?? "NORMAL_TASK",
    pid: at.lane.pid,
    tid: at.lane.tid,
    ts: at.startMs * 1_000,
    dur: (at.endMs - at.startMs) * 1_000,
    ...(state === "FAILED" ? { cname: "terrible" } : {}),
    args: { taskId, attempt, state, jobId, actorId, parentTaskId, errorType },
  };
}

class Lanes {
  /** The "M" events: made as nodes and lanes turn up. */
  readonly names: TraceEvent[] = [];
  readonly #nodes = new Map<string, number>();
  readonly #workers = new Map<string, Lane[]>();
  #lastTid = 0;

  take(task: TaskInfo, at: { readonly startMs: number; readonly endMs: number }): Lane {
    const node = task.nodeId ?? "unknown";
    const worker = task.workerId ?? "unknown";
    const key = `${node}\0${worker}`;
    let lanes = this.#workers.get(key);
    if (!lanes) this.#workers.set(key, (lanes = []));
    let lane = lanes.find((each) => each.freeAtMs <= at.startMs);
    if (!lane) {
      lane = { pid: this.#pid(node), tid: ++this.#lastTid, freeAtMs: 0 };
      lanes.push(lane);
      const name = lanes.length === 1 ? `worker ${worker}` : `worker ${worker} (${lanes.length})`;
      this.names.push({ ph: "M", name: "thread_name", pid: lane.pid, tid: lane.tid, args: { name } });
    }
    lane.freeAtMs = at.endMs;
    return lane;
  }

  #pid(node: string): number {
    let pid = this.#nodes.get(node);
    if (pid === undefined) {
      this.#nodes.set(node, (pid = this.#nodes.size + 1));
      this.names.push({ ph: "M", name: "process_name", pid, tid: 0, args: { name: `node ${node}` } });
    }
    return pid;
  }
}
