import type { RunOutcome } from "../contracts/mod.ts";
import type { RuntimeEnv } from "../options/mod.ts";
import type { TaskTemplate } from "../tasks/mod.ts";
import type { TaskCall } from "./worker_lease.ts";

/** Who a place is, for contexts and errors. */
export interface PlaceIdentity {
  readonly nodeId: string;
  jobId: string;
  namespace: string;
  readonly nodeLabels: Record<string, string>;
  /** The place's environment, resolved, which what it submits inherits; a driver's is the job's. */
  readonly runtimeEnv?: RuntimeEnv | undefined;
  /** Records what ran when, for the timeline. */
  events?: TaskEventSink | undefined;
}

export interface TaskEventSink {
  /** The time at which a task begins, to be given back at its end. */
  begin(): number;
  end(began: number, template: TaskTemplate, task: Pick<TaskCall, "owner" | "sequence" | "flags">, outcome: RunOutcome): void;
}
