import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { JobStatus } from "./job_state.ts";
import { assign, pick } from "./row.ts";
import type { LifeRow } from "./rows.ts";

export interface JobSpec {
  readonly jobId: string;
  readonly namespace: string;
  readonly entrypoint?: string;
  /** The driver's place. */
  readonly driver?: PlaceId;
  readonly nodeId?: string;
  readonly pid?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Submitted, without a driver yet. */
  readonly pending?: boolean;
}

/** A job as seen from outside its table. Times are ms since the Unix epoch. */
export interface JobInfo {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly namespace: string;
  readonly entrypoint: string;
  readonly driver: PlaceId | undefined;
  readonly nodeId: string | undefined;
  readonly pid: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly exitCode: number | undefined;
  readonly message: string | undefined;
}

const INFO: readonly (keyof JobInfo)[] = [
  "jobId",
  "status",
  "namespace",
  "entrypoint",
  "driver",
  "nodeId",
  "pid",
  "metadata",
  "startedMs",
  "endedMs",
  "exitCode",
  "message",
];
const STORED: readonly (keyof JobRecord)[] = [...INFO, "order"];

export class JobRecord implements JobInfo, LifeRow<JobInfo> {
  readonly jobId: string;
  status: JobStatus = "PENDING";
  namespace = "";
  entrypoint = "";
  driver: PlaceId | undefined = undefined;
  nodeId: string | undefined = undefined;
  pid: number | undefined = undefined;
  metadata: Readonly<Record<string, string>> = {};
  startedMs = 0;
  endedMs: number | undefined = undefined;
  exitCode: number | undefined = undefined;
  message: string | undefined = undefined;
  order = 0;

  constructor(jobId: string) {
    this.jobId = jobId;
  }

  static restored(jobId: string, data: unknown): JobRecord {
    return assign(new JobRecord(jobId), data as Record<string, unknown>, STORED.slice(1));
  }

  info(): JobInfo {
    return pick(this, INFO);
  }

  stored(): unknown {
    return pick(this, STORED);
  }
}
