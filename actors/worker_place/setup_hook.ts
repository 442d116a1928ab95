import { RuntimeEnvSetupError } from "../../runtime/errors/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";

/**
 * Runs the default export of the module at `url`, and waits for it.
 * @throws RuntimeEnvSetupError with what went wrong as its cause
 */
export async function runSetupHook(url: string, { timeoutMs = -1, clock }: { timeoutMs: number | undefined; clock: Clock }): Promise<void> {
  const failed = (reason: string, cause?: unknown): RuntimeEnvSetupError =>
    new RuntimeEnvSetupError({ field: "setupHook", reason: `${url} ${reason}`, ...(cause === undefined ? {} : { cause }) });
  const run = async (): Promise<void> => {
    const { default: hook } = (await import(url).catch((error: unknown) => {
      throw failed(`could not be imported: ${textOf(error)}`, error);
    })) as { default?: unknown };
    if (typeof hook !== "function") throw failed("has no default export that is a function");
    try {
      await hook();
    } catch (error) {
      throw failed(`threw ${textOf(error)}`, error);
    }
  };
  if (timeoutMs < 0) {
    await run();
    return;
  }
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = clock.after(timeoutMs, () => reject(failed(`was not done within ${timeoutMs} ms`)));
  try {
    await Promise.race([run(), late]);
  } finally {
    stop();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
