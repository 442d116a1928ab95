import { type Death, RuntimeEnvSetupError, WorkerCrashedError } from "../../runtime/errors/mod.ts";

/** Why nothing runs in an environment for which no worker can be started. `environment` is the runtimeEnv as JSON. */
export function unstartableError(environment: string, death: Death): Error {
  if (environment === "null") return new WorkerCrashedError({ death });
  // Its hook has said what is wrong.
  if (death.error instanceof RuntimeEnvSetupError) return death.error;
  const reason = death.error instanceof Error ? death.error.message : (death.detail ?? "its workers end before they are up");
  const { nodeId, lastLogs, error } = death;
  return new RuntimeEnvSetupError({
    reason,
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(lastLogs === undefined ? {} : { lastLogs }),
    ...(error === undefined ? {} : { cause: error }),
  });
}

/** What is said of a thread that the runtime cannot stop. */
export function stuckText(worker: string): string {
  return (
    `worker ${worker} was replaced, but this runtime cannot stop a thread that is in a busy loop: it goes on until the process ends, ` +
    'and takes a CPU. Use isolation: "process" for work that may have to be stopped by force, or watch getRuntimeContext().signal in it.'
  );
}
