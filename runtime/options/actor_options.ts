import { type Check, checker, type Shape } from "./bag.ts";
import { count, flag, named, oneOf, recordOf } from "./fields.ts";
import type { LabelSelector } from "./label_selector.ts";
import { type MethodDefaults, resolveMethods } from "./method_options.ts";
import { type ErrorKinds, type ResourceOptions, resolveResources, resolveRetryExceptions, statesResources } from "./resolved.ts";
import type { RuntimeEnv } from "./runtime_env.ts";
import { assertFitsGroup, type Fallback, type ResolvedStrategy, resolveStrategy, type SchedulingStrategy } from "./scheduling.ts";
import { callShape, placementShape, resourceShape, retries } from "./shared_fields.ts";

/** Where an actor lives: a Web Worker of its own, one shared with other light actors, a child process, or its creator's thread. */
export type ActorIsolation = "thread" | "shared" | "process" | "inline";

/** Options of `remote(Class, options)`. */
export interface ActorOptions extends ResourceOptions {
  /** Restarts after a death; -1 for ever. Default 0. */
  readonly maxRestarts?: number;
  /** Calls made anew after a restart; -1 for ever. Default 0. */
  readonly maxTaskRetries?: number;
  /** Calls that run at a time. Default 1, which holds across `await`. */
  readonly maxConcurrency?: number;
  /** Named groups of methods, each with a concurrency of its own. */
  readonly concurrencyGroups?: Readonly<Record<string, number>>;
  /** Calls a caller may have in flight; -1, the default, is no limit. */
  readonly maxPendingCalls?: number;
  /** A name that is unique in the namespace, for `getActor`. */
  readonly name?: string;
  readonly namespace?: string;
  /** `"detached"` lives on without handles and without its driver. */
  readonly lifetime?: "detached";
  /** Gives the living actor of that name, if there is one. Needs `name`. */
  readonly getIfExists?: boolean;
  readonly isolation?: ActorIsolation;
  readonly schedulingStrategy?: SchedulingStrategy;
  readonly labelSelector?: LabelSelector;
  readonly fallbackStrategy?: readonly Fallback[];
  readonly runtimeEnv?: RuntimeEnv;
  /** Values for the free names of an inline class. */
  readonly captures?: Readonly<Record<string, unknown>>;
  /** What its methods retry, unless a method says otherwise. Default false. */
  readonly retryExceptions?: boolean | ErrorKinds;
  /** How long its methods may run, unless a method says otherwise. */
  readonly timeoutMs?: number;
  /** How far its generators may be ahead, unless a method says otherwise. */
  readonly generatorBackpressure?: number;
}

/** Options of `ActorClass.options(…)`. */
export type ActorCallOptions = Omit<ActorOptions, "concurrencyGroups" | "captures">;

/** Actor options with every default in place: plain data that can travel. */
export interface ResolvedActorOptions extends MethodDefaults {
  /** What it holds while it lives. */
  readonly resources: Readonly<Record<string, number>>;
  /** What must be free for it to be placed. */
  readonly placementResources: Readonly<Record<string, number>>;
  readonly maxRestarts: number;
  readonly maxConcurrency: number;
  readonly maxPendingCalls: number;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly detached: boolean;
  readonly getIfExists: boolean;
  readonly isolation: ActorIsolation | undefined;
  readonly schedulingStrategy: ResolvedStrategy | undefined;
  readonly labelSelector: LabelSelector | undefined;
  readonly fallbackStrategy: readonly Fallback[] | undefined;
  readonly runtimeEnv: RuntimeEnv | undefined;
}

const { numReturns: _ofMethods, ...callDefaults } = callShape;

const shape: Shape<ActorOptions> = {
  ...resourceShape,
  ...placementShape,
  ...callDefaults,
  maxRestarts: retries("restarts"),
  maxTaskRetries: retries("retries"),
  maxConcurrency: count(1, "a whole number of calls, 1 or more"),
  concurrencyGroups: recordOf(count(1, "a whole number of calls, 1 or more"), "an object of group names and numbers"),
  maxPendingCalls: count(1, "a whole number of calls, 1 or more, or -1 for no limit", -1),
  name: named("a name"),
  namespace: named("a namespace"),
  lifetime: oneOf(["detached"]),
  getIfExists: flag,
  isolation: oneOf(["thread", "shared", "process", "inline"]),
};

const elsewhere: Readonly<Record<string, string>> = {
  maxRetries: "it is an option of tasks; actors have maxRestarts, and maxTaskRetries for their calls",
  maxCalls: "it is an option of tasks",
  numReturns: "it is an option of methods; state it in static methods or handle.method.options()",
  concurrencyGroup: "it is an option of methods; state it in static methods or handle.method.options()",
};

/** Checks the options of `remote(Class, options)` and gives them back. */
export const checkActorOptions: Check<ActorOptions> = checker<ActorOptions>("remote()", shape, elsewhere);

/** Checks the options of `ActorClass.options(…)` and gives them back. */
export const checkActorCallOptions: Check<ActorCallOptions> = checker<ActorCallOptions>("options()", shape as Shape<ActorCallOptions>, {
  ...elsewhere,
  concurrencyGroups: "they belong to the class, so pass them to remote()",
  captures: "they belong to the class, so pass them to remote()",
});

/**
 * Puts every default in place. The options must have been checked; `methods` is
 * the class's `static methods`, checked here. With no resource stated an actor
 * needs 1 CPU to be placed and holds none; with any stated it holds what is
 * stated, and 1 CPU if that is not.
 *
 * Throws `RangeError` for `getIfExists` without `name`, and for a method in a
 * concurrency group the actor does not have.
 */
export function resolveActorOptions(options: ActorOptions, methods?: unknown): ResolvedActorOptions {
  if (options.getIfExists && options.name === undefined) {
    throw new RangeError('remote(): option "getIfExists" needs the option "name".');
  }
  const stated = statesResources(options);
  const resources = resolveResources(options, stated ? 1 : 0);
  const placementResources = stated ? resources : { CPU: 1 };
  const light = options.isolation === "shared" || options.isolation === "inline";
  assertFitsGroup(options.schedulingStrategy, light ? resources : placementResources);
  const concurrencyGroups = options.concurrencyGroups ?? {};
  return {
    resources,
    placementResources,
    maxRestarts: options.maxRestarts ?? 0,
    maxTaskRetries: options.maxTaskRetries ?? 0,
    retryExceptions: resolveRetryExceptions(options.retryExceptions),
    generatorBackpressure: options.generatorBackpressure ?? -1,
    timeoutMs: options.timeoutMs,
    maxConcurrency: options.maxConcurrency ?? 1,
    concurrencyGroups,
    methods: resolveMethods(methods, concurrencyGroups),
    maxPendingCalls: options.maxPendingCalls ?? -1,
    name: options.name,
    namespace: options.namespace,
    detached: options.lifetime === "detached",
    getIfExists: options.getIfExists ?? false,
    isolation: options.isolation,
    schedulingStrategy: resolveStrategy(options.schedulingStrategy),
    labelSelector: options.labelSelector,
    fallbackStrategy: options.fallbackStrategy,
    runtimeEnv: options.runtimeEnv,
  };
}
