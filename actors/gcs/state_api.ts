import type { ActorInfo } from "./actor_record.ts";
import type { ErrorInfo } from "./error_table.ts";
import type { FunctionInfo } from "./function_table.ts";
import type { Gcs } from "./gcs.ts";
import type { JobInfo } from "./job_record.ts";
import { type Columns, type Listing, type ListOptions, listRows, plainRow, type Source } from "./listing.ts";
import type { NodeInfo } from "./node_record.ts";
import type { PlacementGroupInfo } from "./placement_group_record.ts";
import { type Summary, summarizeActors, summarizeStates, summarizeTasks } from "./summary.ts";
import type { TaskInfo } from "./task_columns.ts";
import type { WorkerInfo } from "./worker_record.ts";

/** The kinds that can be listed here. (Objects are the object manager's.) */
export const STATE_KINDS = ["nodes", "actors", "tasks", "workers", "jobs", "placement-groups", "errors", "functions"] as const;
export type StateKind = (typeof STATE_KINDS)[number];

const NODES: Columns<NodeInfo> = {
  basic: ["nodeId", "state", "address", "name", "head", "total"],
  detail: ["available", "labels", "runtime", "pid", "number", "startedMs", "endedMs", "heardMs", "pending", "drain", "death"],
};
const ACTORS: Columns<ActorInfo> = {
  basic: ["actorId", "className", "state", "jobId", "name", "namespace", "nodeId", "workerId"],
  detail: [
    "descriptorId",
    "detached",
    "owner",
    "place",
    "isolation",
    "resources",
    "placementGroupId",
    "maxRestarts",
    "numRestarts",
    "incarnation",
    "registeredMs",
    "startedMs",
    "endedMs",
    "death",
  ],
};
const TASKS: Columns<TaskInfo> = {
  basic: ["taskId", "attempt", "name", "state", "type", "jobId", "actorId", "parentTaskId", "nodeId", "workerId", "errorType"],
  detail: ["createdMs", "submittedMs", "startedMs", "endedMs", "errorMessage"],
};
const WORKERS: Columns<WorkerInfo> = {
  basic: ["workerId", "kind", "state", "nodeId", "pid", "jobId"],
  detail: ["place", "startedMs", "endedMs", "death"],
};
const JOBS: Columns<JobInfo> = {
  basic: ["jobId", "status", "namespace", "entrypoint", "startedMs", "endedMs", "message"],
  detail: ["driver", "nodeId", "pid", "metadata", "exitCode"],
};
const PLACEMENT_GROUPS: Columns<PlacementGroupInfo> = {
  basic: ["placementGroupId", "name", "state", "strategy", "jobId"],
  detail: ["namespace", "detached", "owner", "bundles", "registeredMs", "createdMs", "endedMs"],
};
const ERRORS: Columns<ErrorInfo> = {
  basic: ["errorId", "timeMs", "type", "message", "jobId", "nodeId", "workerId"],
  detail: [],
};
const FUNCTIONS: Columns<FunctionInfo> = { basic: ["descriptorId", "jobs", "bytes"], detail: [] };

/** The control store's tables as the command line and the dashboard ask for them: plain data, bounded. */
export class StateApi {
  readonly #gcs: Gcs;

  constructor(gcs: Gcs) {
    this.#gcs = gcs;
  }

  /** @throws RangeError naming an unknown kind, filter, column or limit. */
  list(kind: StateKind, options: ListOptions = {}): Listing {
    const listing = listRows(this.#source(kind), options, this.#gcs.limits);
    const dropped = this.#dropped(kind);
    return dropped === undefined ? listing : { ...listing, dropped };
  }

  /** Every column of one row; of a task, its last attempt. */
  get(kind: StateKind, id: string): Record<string, unknown> | undefined {
    const { basic, detail } = this.#source(kind).columns;
    const row = this.#row(kind, id);
    return row && plainRow(row as Record<string, unknown>, [...basic, ...detail]);
  }

  /** Counts by state; of tasks also by function, of actors by class. */
  summary(kind: StateKind): Summary {
    const dropped = this.#dropped(kind);
    const summary = this.#summary(kind);
    return dropped === undefined ? summary : { ...summary, dropped };
  }

  #summary(kind: StateKind): Summary {
    if (kind === "tasks") return summarizeTasks(this.#gcs.tasks.rows());
    if (kind === "actors") return summarizeActors(this.#gcs.actors.rows());
    const rows = [...this.#source(kind).rows];
    return summarizeStates(rows.map((row) => String(row["state"] ?? row["status"] ?? row["type"] ?? "REGISTERED")));
  }

  #dropped(kind: StateKind): number | undefined {
    if (kind === "tasks") return this.#gcs.tasks.dropped;
    return kind === "errors" ? this.#gcs.errors.dropped : undefined;
  }

  #source(kind: StateKind): Source<Record<string, unknown>> {
    const source = this.#typedSource(kind);
    // Each pair of rows and columns fits together; of their union the compiler can't know it.
    return source as unknown as Source<Record<string, unknown>>;
  }

  #typedSource(kind: StateKind): unknown {
    const gcs = this.#gcs;
    switch (kind) {
      case "nodes":
        return { rows: gcs.nodes.rows(), columns: NODES } satisfies Source<NodeInfo>;
      case "actors":
        return { rows: gcs.actors.rows(), columns: ACTORS } satisfies Source<ActorInfo>;
      case "tasks":
        return { rows: gcs.tasks.rows(), columns: TASKS } satisfies Source<TaskInfo>;
      case "workers":
        return { rows: gcs.workers.rows(), columns: WORKERS } satisfies Source<WorkerInfo>;
      case "jobs":
        return { rows: gcs.jobs.rows(), columns: JOBS } satisfies Source<JobInfo>;
      case "placement-groups":
        return { rows: gcs.placementGroups.rows(), columns: PLACEMENT_GROUPS } satisfies Source<PlacementGroupInfo>;
      case "errors":
        return { rows: gcs.errors.rows(), columns: ERRORS } satisfies Source<ErrorInfo>;
      case "functions":
        return { rows: gcs.functions.rows(), columns: FUNCTIONS } satisfies Source<FunctionInfo>;
      default:
        throw new RangeError(`kind: unknown ${JSON.stringify(kind)}; there are ${STATE_KINDS.join(", ")}`);
    }
  }

  #row(kind: StateKind, id: string): object | undefined {
    const gcs = this.#gcs;
    switch (kind) {
      case "nodes":
        return gcs.nodes.get(id);
      case "actors":
        return gcs.actors.get(id);
      case "tasks":
        return gcs.tasks.attempts(id).at(-1);
      case "workers":
        return gcs.workers.get(id);
      case "jobs":
        return gcs.jobs.get(id);
      case "placement-groups":
        return gcs.placementGroups.get(id);
      case "errors":
        return gcs.errors.get(id);
      case "functions":
        for (const row of gcs.functions.rows()) if (row.descriptorId === id) return row;
        return undefined;
    }
  }
}
