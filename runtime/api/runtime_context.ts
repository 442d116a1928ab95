import { currentCall } from "../context/mod.ts";
import { taskId, workerId } from "../kernel/mod.ts";
import { session } from "../session/mod.ts";

/** What the running code may know about itself. */
export interface RuntimeContext {
  readonly jobId: string;
  readonly nodeId: string;
  readonly workerId: string;
  /** Undefined outside tasks and actor calls, as are the next ones. */
  readonly taskId: string | undefined;
  readonly taskName: string | undefined;
  readonly actorId: string | undefined;
  readonly actorName: string | undefined;
  readonly namespace: string;
  readonly placementGroupId: string | undefined;
  readonly assignedResources: Readonly<Record<string, number>>;
  /** By kind: `{ GPU: ["0"] }` for a call with GPUs. A worker of its own finds them in CUDA_VISIBLE_DEVICES as well. */
  readonly acceleratorIds: Readonly<Record<string, readonly string[]>>;
  readonly runtimeEnv: Readonly<Record<string, unknown>>;
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** 0 for the first run, more for each retry. */
  readonly attempt: number;
  readonly wasCurrentActorReconstructed: boolean;
  /** Fires when this call is cancelled. Never fires outside a call. */
  readonly signal: AbortSignal;
  isCanceled(): boolean;
}

const neverAborted = new AbortController().signal;

/** The context of the running call, or of the driver. */
export function getRuntimeContext(): RuntimeContext {
  const { identity, caller } = session();
  const call = currentCall();
  return {
    jobId: call?.jobId ?? identity.jobId,
    nodeId: identity.nodeId,
    workerId: workerId(caller.place),
    taskId: call === undefined ? undefined : taskId(call.owner, call.sequence),
    taskName: call?.name,
    actorId: call?.actorId,
    actorName: call?.actorName,
    namespace: call?.namespace ?? identity.namespace,
    placementGroupId: call?.placementGroupId,
    assignedResources: call?.resources ?? {},
    acceleratorIds: call?.acceleratorIds === undefined ? {} : { GPU: call.acceleratorIds },
    runtimeEnv: call?.runtimeEnv ?? { ...identity.runtimeEnv },
    nodeLabels: identity.nodeLabels,
    attempt: call?.attempt ?? 0,
    wasCurrentActorReconstructed: call?.reconstructed ?? false,
    get signal() {
      return call?.signal ?? neverAborted;
    },
    isCanceled: () => call?.signal.aborted ?? false,
  };
}
