import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { DeathRecord } from "./death.ts";
import { pick } from "./row.ts";
import type { LifeRow } from "./rows.ts";

/** What a worker is for. */
export type WorkerKind = "driver" | "task" | "actor" | "system";

/** STARTING, then IDLE and LEASED by turns, then DEAD. */
export type WorkerState = "STARTING" | "IDLE" | "LEASED" | "DEAD";

export interface WorkerSpec {
  readonly workerId: string;
  readonly nodeId: string;
  readonly kind: WorkerKind;
  readonly state?: Exclude<WorkerState, "DEAD">;
  /** The place it is, once it has one. */
  readonly place?: PlaceId;
  /** Its process; several workers that are threads share one. */
  readonly pid?: number;
  readonly jobId?: string;
}

/** A worker as seen from outside its table. Times are ms since the Unix epoch. */
export interface WorkerInfo {
  readonly workerId: string;
  readonly nodeId: string;
  readonly kind: WorkerKind;
  readonly state: WorkerState;
  readonly place: PlaceId | undefined;
  readonly pid: number | undefined;
  readonly jobId: string | undefined;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly death: DeathRecord | undefined;
}

const INFO: readonly (keyof WorkerInfo)[] = ["workerId", "nodeId", "kind", "state", "place", "pid", "jobId", "startedMs", "endedMs", "death"];

export class WorkerRecord implements WorkerInfo, LifeRow<WorkerInfo> {
  readonly workerId: string;
  nodeId = "";
  kind: WorkerKind = "task";
  state: WorkerState = "STARTING";
  place: PlaceId | undefined = undefined;
  pid: number | undefined = undefined;
  jobId: string | undefined = undefined;
  startedMs = 0;
  endedMs: number | undefined = undefined;
  death: DeathRecord | undefined = undefined;
  order = 0;

  constructor(workerId: string) {
    this.workerId = workerId;
  }

  info(): WorkerInfo {
    return pick(this, INFO);
  }

  stored(): unknown {
    return this.info();
  }
}
