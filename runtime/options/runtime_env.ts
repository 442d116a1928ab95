import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { RuntimeEnvSetupError } from "../errors/mod.ts";
import { count, type Field, nested, recordOf, text } from "./fields.ts";

/**
 * The surroundings a worker is given before it runs anything. Workers of one environment run nothing of another.
 * What runs in a worker hands its environment down to what it submits; `init({ runtimeEnv })` is the job's.
 *
 * `modules`, `packages`, `excludes` and `permissions` have yet to come: stating one is a RuntimeEnvSetupError.
 */
export interface RuntimeEnv {
  /**
   * Environment variables; a child's are merged over its parent's. A thread has its own copy of the environment:
   * nothing that it sets there is seen by others.
   */
  readonly envVars?: Readonly<Record<string, string>>;
  /**
   * A folder that becomes the working directory, relative to the submitter's. Threads share one working directory,
   * so this takes a child process: what would run in a thread runs with isolation `"process"`.
   */
  readonly workingDir?: string;
  /** Modules that are made importable. */
  readonly modules?: readonly string[];
  /** Packages to install: `name@version`. */
  readonly packages?: readonly string[];
  /** What of `workingDir` stays behind, as in .gitignore. */
  readonly excludes?: readonly string[];
  /** What the worker may do, where the runtime has permissions. */
  readonly permissions?: unknown;
  /**
   * Path or URL of a module whose default export runs once in every worker, before its first task; it may be async.
   * It runs outside any task, so Mobula's own functions do nothing in it.
   */
  readonly setupHook?: string;
  /** How long a worker may take until its hook is done; -1 for ever. Default 10 minutes. */
  readonly config?: { readonly setupTimeoutMs?: number };
}

const NOT_YET = ["modules", "packages", "excludes", "permissions"] as const;

const texts = (what: string): Field<string[]> => v.array(text(what), `a list: ${what}`) as unknown as Field<string[]>;

const plain: Field = v.custom((value) => typeof value !== "function" && typeof value !== "symbol", "plain data");

export const runtimeEnvField: v.GenericSchema = nested({
  envVars: v.optional(recordOf(v.string("a string"), "an object of names and strings")),
  workingDir: v.optional(text("a path or address")),
  modules: v.optional(texts("paths or addresses")),
  packages: v.optional(texts("packages to install")),
  excludes: v.optional(texts("patterns")),
  permissions: v.optional(plain),
  setupHook: v.optional(text("a module")),
  config: v.optional(
    nested({
      setupTimeoutMs: v.optional(count(-1, "a whole number of milliseconds, or -1 for no limit")),
    }),
  ),
});

/**
 * An environment as workers are told apart by it: paths in full, fields in one order, `undefined` where it says nothing.
 * @throws RuntimeEnvSetupError for a field that this release does not have
 */
export function resolveEnv(env: RuntimeEnv | undefined): RuntimeEnv | undefined {
  if (env === undefined) return undefined;
  const { envVars, workingDir, setupHook, config } = env;
  for (const field of NOT_YET) {
    if (env[field] === undefined) continue;
    throw new RuntimeEnvSetupError({ field, reason: "this release does not have it yet; it has envVars, workingDir and setupHook" });
  }
  const variables = Object.entries(envVars ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const resolved: RuntimeEnv = {
    ...(variables.length === 0 ? {} : { envVars: Object.fromEntries(variables) }),
    ...(workingDir === undefined ? {} : { workingDir: resolve(workingDir) }),
    ...(setupHook === undefined ? {} : { setupHook: moduleUrl(setupHook) }),
    ...(setupHook === undefined || config?.setupTimeoutMs === undefined ? {} : { config: { setupTimeoutMs: config.setupTimeoutMs } }),
  };
  return Object.keys(resolved).length === 0 ? undefined : resolved;
}

function moduleUrl(module: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(module) ? module : pathToFileURL(resolve(module)).href;
}

/** Whether only a child process can give what the environment asks for. */
export function needsProcess(env: RuntimeEnv | undefined): boolean {
  return env?.workingDir !== undefined;
}

/** What the workers of an environment are kept apart by; `"null"` where there is none. */
export function environmentKey(env: RuntimeEnv | undefined): string {
  return JSON.stringify(env ?? null);
}

export function environmentOf(key: string): RuntimeEnv | undefined {
  return (JSON.parse(key) as RuntimeEnv | null) ?? undefined;
}

/** A child's environment over its parent's: fields replace, `envVars` merge. */
export function inheritEnv(parent: RuntimeEnv | undefined, child: RuntimeEnv | undefined): RuntimeEnv | undefined {
  if (parent === undefined || child === undefined) return child ?? parent;
  const merged = { ...parent, ...child };
  if (parent.envVars === undefined || child.envVars === undefined) return merged;
  return { ...merged, envVars: { ...parent.envVars, ...child.envVars } };
}
