import { type Check, checker } from "./bag.ts";
import { count, flag, patience, signal, text } from "./fields.ts";

/** Options of `get`. */
export interface GetOptions {
  /** 0 means now or `GetTimeoutError`; left out means however long it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Options of `wait`. */
export interface WaitOptions {
  /** How many to wait for. Default 1. */
  readonly numReturns?: number;
  readonly timeoutMs?: number;
  /** Whether ready means here, or anywhere. Default true. */
  readonly fetchLocal?: boolean;
  readonly signal?: AbortSignal;
}

/** Options of `cancel`. */
export interface CancelOptions {
  /** Stops the worker too. Default false. */
  readonly force?: boolean;
  /** Cancels what the task submitted as well. Default true. */
  readonly recursive?: boolean;
}

/** Options of `kill`. */
export interface KillOptions {
  /** Default true; false lets maxRestarts apply. */
  readonly noRestart?: boolean;
}

/** Options of `getActor`. */
export interface GetActorOptions {
  readonly namespace?: string;
}

/** Options of `listNamedActors`. */
export interface ListNamedActorsOptions {
  readonly allNamespaces?: boolean;
}

/** Options of `mapUnordered`. */
export interface MapUnorderedOptions {
  /** How many calls are in flight at most. */
  readonly concurrency?: number;
}

/** Wait options with every default in place. */
export interface ResolvedWaitOptions extends WaitOptions {
  readonly numReturns: number;
  readonly fetchLocal: boolean;
}

export const checkGetOptions: Check<GetOptions> = checker<GetOptions>("get()", { timeoutMs: patience, signal });

const checkWaitOptions: Check<WaitOptions> = checker<WaitOptions>("wait()", {
  numReturns: count(1, "a whole number of refs, 1 or more"),
  timeoutMs: patience,
  fetchLocal: flag,
  signal,
});

/** Checks the options of `wait` for `refs` refs and puts the defaults in place. */
export function resolveWaitOptions(options: unknown, refs: number): ResolvedWaitOptions {
  const { numReturns = 1, fetchLocal = true, ...rest } = checkWaitOptions(options);
  if (numReturns > refs && refs > 0) {
    throw new RangeError(`wait(): option "numReturns" must be at most the number of refs (${refs}), not ${numReturns}.`);
  }
  return { ...rest, numReturns, fetchLocal };
}

const checkCancelOptions: Check<CancelOptions> = checker<CancelOptions>("cancel()", { force: flag, recursive: flag });

/** Checks the options of `cancel` and puts the defaults in place. */
export function resolveCancelOptions(options: unknown): Required<CancelOptions> {
  const { force = false, recursive = true } = checkCancelOptions(options);
  return { force, recursive };
}

const checkKillOptions: Check<KillOptions> = checker<KillOptions>("kill()", { noRestart: flag });

/** Checks the options of `kill` and puts the default in place. */
export function resolveKillOptions(options: unknown): Required<KillOptions> {
  const { noRestart = true } = checkKillOptions(options);
  return { noRestart };
}

export const checkGetActorOptions: Check<GetActorOptions> = checker<GetActorOptions>("getActor()", {
  namespace: text("a namespace"),
});

export const checkListNamedActorsOptions: Check<ListNamedActorsOptions> = checker<ListNamedActorsOptions>("listNamedActors()", {
  allNamespaces: flag,
});

export const checkMapUnorderedOptions: Check<MapUnorderedOptions> = checker<MapUnorderedOptions>("mapUnordered()", {
  concurrency: count(1, "a whole number of calls, 1 or more"),
});
