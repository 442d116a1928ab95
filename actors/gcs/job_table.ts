import { type JobInfo, JobRecord, type JobSpec } from "./job_record.ts";
import { JOB_MOVES, type JobStatus } from "./job_state.ts";
import { boundText } from "./limits.ts";
import { assertName } from "./names.ts";
import { Rows } from "./rows.ts";
import { isFinal, move } from "./state_machine.ts";
import type { TableContext } from "./table_context.ts";

export interface JobEnd {
  readonly status: "STOPPED" | "SUCCEEDED" | "FAILED";
  readonly message?: string;
  readonly exitCode?: number;
}

/** Every job: a driver, or an entrypoint that was submitted and may not run yet. The ended are kept up to `endedJobs`. */
export class JobTable {
  readonly #context: TableContext;
  readonly #rows: Rows<JobInfo, JobRecord>;

  constructor(context: TableContext) {
    this.#context = context;
    this.#rows = new Rows(context, { channel: "jobs", stored: "jobs", keep: context.limits.endedJobs });
  }

  get(jobId: string): JobInfo | undefined {
    return this.#rows.get(jobId)?.info();
  }

  /** Whether the job is known and has not ended. */
  isLive(jobId: string): boolean {
    return this.#rows.live(jobId) !== undefined;
  }

  /** Jobs that have not ended and for which `test` holds. */
  where(test: (job: JobInfo) => boolean): string[] {
    return Array.from(this.#rows.liveRows())
      .filter(test)
      .map((row) => row.jobId);
  }

  rows(): Iterable<JobRecord> {
    return this.#rows.all();
  }

  /** Adds a job, RUNNING unless said to be PENDING. A known id changes nothing and gives the job as it is. */
  add(spec: JobSpec): JobInfo {
    assertName(this.#context.limits, "jobId", spec.jobId);
    assertName(this.#context.limits, "namespace", spec.namespace);
    const known = this.#rows.get(spec.jobId);
    if (known) return known.info();
    const row = new JobRecord(spec.jobId);
    row.status = spec.pending ? "PENDING" : "RUNNING";
    row.namespace = spec.namespace;
    row.entrypoint = boundText(this.#context.limits, spec.entrypoint ?? "");
    row.driver = spec.driver;
    row.nodeId = spec.nodeId;
    row.pid = spec.pid;
    row.metadata = { ...spec.metadata };
    row.startedMs = this.#context.clock.now();
    this.#rows.add(row.jobId, row);
    return row.info();
  }

  /** A pending job's driver has come. False when the job is not PENDING. */
  run(jobId: string, driver: Pick<JobSpec, "driver" | "nodeId" | "pid">): boolean {
    const row = this.#rows.live(jobId);
    if (row?.status !== "PENDING") return false;
    this.#move(row, "RUNNING");
    row.driver = driver.driver;
    row.nodeId = driver.nodeId;
    row.pid = driver.pid;
    this.#rows.changed(jobId, row);
    return true;
  }

  /** False when it has ended already, or is unknown. */
  end(jobId: string, end: JobEnd): boolean {
    const row = this.#rows.live(jobId);
    if (!row) return false;
    this.#move(row, end.status);
    row.endedMs = this.#context.clock.now();
    row.exitCode = end.exitCode;
    row.message = end.message === undefined ? undefined : boundText(this.#context.limits, end.message);
    this.#rows.end(jobId, row);
    return true;
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    const rows = entries.map(([id, data]) => [id, JobRecord.restored(id, data)] as const);
    this.#rows.restore(rows, (row) => isFinal(JOB_MOVES, row.status));
  }

  #move(row: JobRecord, to: JobStatus): void {
    const step = { state: row.status };
    move(JOB_MOVES, step, { to, what: `Job ${row.jobId}` });
    row.status = step.state;
  }
}
