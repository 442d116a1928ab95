import { type Check, checker, type Shape } from "./bag.ts";
import { count, oneOf } from "./fields.ts";
import type { LabelSelector } from "./label_selector.ts";
import { type ErrorKinds, type ResourceOptions, resolveNumReturns, resolveResources, resolveRetryExceptions } from "./resolved.ts";
import type { RuntimeEnv } from "./runtime_env.ts";
import { assertFitsGroup, type Fallback, type ResolvedStrategy, resolveStrategy, type SchedulingStrategy } from "./scheduling.ts";
import { callShape, placementShape, resourceShape, retries } from "./shared_fields.ts";

/** How many refs a call gives: a number, or a stream of them. */
export type NumReturns = number | "streaming";

/** Where a task runs: a Web Worker, a child process, or the caller's own thread. */
export type TaskIsolation = "thread" | "process" | "inline";

/** Options of `remote(fn, options)`. */
export interface TaskOptions extends ResourceOptions {
  /** Refs a call gives. Default 1, and `"streaming"` for generators. */
  readonly numReturns?: NumReturns;
  /** Runs anew after a system failure; -1 for ever. Default 3. */
  readonly maxRetries?: number;
  /** Whether, or for which errors, an exception of the function is retried too. Default false. */
  readonly retryExceptions?: boolean | ErrorKinds;
  /** The worker is replaced after that many calls; 0 is never. Default 0, and 1 with GPUs. */
  readonly maxCalls?: number;
  readonly schedulingStrategy?: SchedulingStrategy;
  readonly labelSelector?: LabelSelector;
  readonly fallbackStrategy?: readonly Fallback[];
  readonly runtimeEnv?: RuntimeEnv;
  /** Shown in place of the function's name. */
  readonly name?: string;
  /** Values for the free names of an inline function. */
  readonly captures?: Readonly<Record<string, unknown>>;
  readonly isolation?: TaskIsolation;
  /** The task is cancelled when it has run so long. */
  readonly timeoutMs?: number;
  /** Items a generator may be ahead of its reader; -1, the default, is no limit. */
  readonly generatorBackpressure?: number;
}

/** Options of `fn.options(…)`. */
export type TaskCallOptions = Omit<TaskOptions, "maxCalls" | "captures">;

/** Task options with every default in place: plain data that can travel. */
export interface ResolvedTaskOptions {
  readonly resources: Readonly<Record<string, number>>;
  readonly numReturns: NumReturns;
  readonly maxRetries: number;
  readonly retryExceptions: boolean | readonly string[];
  readonly maxCalls: number;
  readonly generatorBackpressure: number;
  readonly schedulingStrategy: ResolvedStrategy | undefined;
  readonly labelSelector: LabelSelector | undefined;
  readonly fallbackStrategy: readonly Fallback[] | undefined;
  readonly runtimeEnv: RuntimeEnv | undefined;
  readonly name: string | undefined;
  readonly isolation: TaskIsolation | undefined;
  readonly timeoutMs: number | undefined;
}

const shape: Shape<TaskOptions> = {
  ...resourceShape,
  ...placementShape,
  ...callShape,
  maxRetries: retries("retries"),
  maxCalls: count(0, "a whole number of calls, 0 or more"),
  isolation: oneOf(["thread", "process", "inline"]),
};

const OF_ACTORS = "is an option of actor classes";

const elsewhere: Readonly<Record<string, string>> = {
  maxRestarts: `it ${OF_ACTORS}; tasks have maxRetries`,
  maxTaskRetries: `it ${OF_ACTORS}; tasks have maxRetries`,
  maxConcurrency: `it ${OF_ACTORS}`,
  concurrencyGroups: `it ${OF_ACTORS}`,
  lifetime: `it ${OF_ACTORS}`,
};

/** Checks the options of `remote(fn, options)` and gives them back. */
export const checkTaskOptions: Check<TaskOptions> = checker<TaskOptions>("remote()", shape, elsewhere);

/** Checks the options of `fn.options(…)` and gives them back. */
export const checkTaskCallOptions: Check<TaskCallOptions> = checker<TaskCallOptions>("options()", shape as Shape<TaskCallOptions>, {
  ...elsewhere,
  maxCalls: "it belongs to the function, so pass it to remote()",
  captures: "they belong to the function, so pass them to remote()",
});

/**
 * Puts every default in place. The options must have been checked; `captures`
 * are live values and stay behind. Throws `RangeError` for `"streaming"` on a
 * function that is no generator.
 */
export function resolveTaskOptions(options: TaskOptions, { generator }: { generator: boolean }): ResolvedTaskOptions {
  const resources = resolveResources(options, 1);
  assertFitsGroup(options.schedulingStrategy, resources);
  return {
    resources,
    numReturns: resolveNumReturns(options.numReturns, generator, "remote()"),
    maxRetries: options.maxRetries ?? 3,
    retryExceptions: resolveRetryExceptions(options.retryExceptions),
    // What a library holds on a device is given back only when its worker ends.
    maxCalls: options.maxCalls ?? (options.numGpus ? 1 : 0),
    generatorBackpressure: options.generatorBackpressure ?? -1,
    schedulingStrategy: resolveStrategy(options.schedulingStrategy),
    labelSelector: options.labelSelector,
    fallbackStrategy: options.fallbackStrategy,
    runtimeEnv: options.runtimeEnv,
    name: options.name,
    isolation: options.isolation,
    timeoutMs: options.timeoutMs,
  };
}
