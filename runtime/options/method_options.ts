import { type Check, checker, isPlainObject, type Shape } from "./bag.ts";
import { text } from "./fields.ts";
import { show } from "./problem.ts";
import { type ErrorKinds, resolveNumReturns, resolveRetryExceptions } from "./resolved.ts";
import { callShape, retries } from "./shared_fields.ts";
import type { NumReturns } from "./task_options.ts";

/** Options of one method: in `static methods`, or in `handle.method.options(…)`. */
export interface MethodOptions {
  readonly numReturns?: NumReturns;
  /** Calls made anew when the actor was restarted or out of reach; -1 for ever. */
  readonly maxTaskRetries?: number;
  readonly retryExceptions?: boolean | ErrorKinds;
  /** The group of `concurrencyGroups` in which the method runs. */
  readonly concurrencyGroup?: string;
  readonly generatorBackpressure?: number;
  readonly timeoutMs?: number;
  /** Shown in place of the method's name. */
  readonly name?: string;
}

/** Method options as they are stated, made plain: what was not stated is not there. */
export interface StatedMethodOptions extends Omit<MethodOptions, "retryExceptions"> {
  readonly retryExceptions?: boolean | readonly string[];
}

/** Method options with every default in place: plain data that can travel. */
export interface ResolvedMethodOptions {
  readonly numReturns: NumReturns;
  readonly maxTaskRetries: number;
  readonly retryExceptions: boolean | readonly string[];
  readonly concurrencyGroup: string | undefined;
  readonly generatorBackpressure: number;
  readonly timeoutMs: number | undefined;
  readonly name: string | undefined;
}

/** What an actor's options say about all of its methods. */
export interface MethodDefaults {
  readonly maxTaskRetries: number;
  readonly retryExceptions: boolean | readonly string[];
  readonly generatorBackpressure: number;
  readonly timeoutMs: number | undefined;
  readonly concurrencyGroups: Readonly<Record<string, number>>;
  readonly methods: Readonly<Record<string, StatedMethodOptions>>;
}

const shape: Shape<MethodOptions> = {
  ...callShape,
  maxTaskRetries: retries("retries"),
  concurrencyGroup: text("the name of a concurrency group"),
  name: text("a name"),
};

/** Checks the options of `handle.method.options(…)` and gives them back. */
export const checkMethodOptions: Check<MethodOptions> = checker<MethodOptions>("options()", shape, {
  maxRetries: "tasks have it; methods have maxTaskRetries",
});

/** Checks an actor class's `static methods` and makes them plain. `undefined` is no methods. */
export function resolveMethods(methods: unknown, groups: Readonly<Record<string, number>>): Record<string, StatedMethodOptions> {
  const resolved: Record<string, StatedMethodOptions> = {};
  if (methods === undefined) return resolved;
  if (!isPlainObject(methods)) throw new TypeError(`static methods must be an object of method names and options, not ${show(methods)}.`);
  for (const [name, options] of Object.entries(methods)) {
    const what = `static methods.${name}`;
    const checked = checkMethodOptions(options, what);
    checkGroup(checked.concurrencyGroup, groups, what);
    resolved[name] =
      checked.retryExceptions === undefined
        ? (checked as StatedMethodOptions)
        : { ...checked, retryExceptions: resolveRetryExceptions(checked.retryExceptions) };
  }
  return resolved;
}

/**
 * Puts every default in place: what the call says, else `static methods`, else
 * the actor's options, else Ray's defaults. `call` must have been checked.
 * Throws `RangeError` for a group the actor does not have, and for `"streaming"`
 * on a method that is no generator.
 */
export function resolveMethodOptions(
  actor: MethodDefaults,
  method: string,
  { call = {}, generator }: { call?: MethodOptions | undefined; generator: boolean },
): ResolvedMethodOptions {
  const stated: StatedMethodOptions = Object.hasOwn(actor.methods, method) ? (actor.methods[method] ?? {}) : {};
  const retryExceptions =
    call.retryExceptions === undefined ? (stated.retryExceptions ?? actor.retryExceptions) : resolveRetryExceptions(call.retryExceptions);
  const concurrencyGroup = call.concurrencyGroup ?? stated.concurrencyGroup;
  checkGroup(call.concurrencyGroup, actor.concurrencyGroups, `${method}.options()`);
  return {
    numReturns: resolveNumReturns(call.numReturns ?? stated.numReturns, generator, `${method}.options()`),
    maxTaskRetries: call.maxTaskRetries ?? stated.maxTaskRetries ?? actor.maxTaskRetries,
    retryExceptions,
    concurrencyGroup,
    generatorBackpressure: call.generatorBackpressure ?? stated.generatorBackpressure ?? actor.generatorBackpressure,
    timeoutMs: call.timeoutMs ?? stated.timeoutMs ?? actor.timeoutMs,
    name: call.name ?? stated.name,
  };
}

function checkGroup(group: string | undefined, groups: Readonly<Record<string, number>>, what: string): void {
  if (group === undefined || Object.hasOwn(groups, group)) return;
  const names = Object.keys(groups);
  const known = names.length === 0 ? "the actor has none; state concurrencyGroups in remote()" : names.join(", ");
  throw new RangeError(`${what}: option "concurrencyGroup" must be one of the actor's groups (${known}), not "${group}".`);
}
