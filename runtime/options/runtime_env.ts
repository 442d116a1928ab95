import * as v from "valibot";
import { count, type Field, nested, recordOf, text } from "./fields.ts";

/** The surroundings a worker is given before it runs anything. */
export interface RuntimeEnv {
  /** Environment variables; a child's are merged over its parent's. */
  readonly envVars?: Readonly<Record<string, string>>;
  /** A folder or archive that becomes the working directory. */
  readonly workingDir?: string;
  /** Modules that are made importable. */
  readonly modules?: readonly string[];
  /** Packages to install: `name@version`. */
  readonly packages?: readonly string[];
  /** What of `workingDir` stays behind, as in .gitignore. */
  readonly excludes?: readonly string[];
  /** What the worker may do, where the runtime has permissions. */
  readonly permissions?: unknown;
  /** A module whose default export runs once in every worker. */
  readonly setupHook?: string;
  readonly config?: { readonly setupTimeoutMs?: number };
}

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

/** A child's environment over its parent's: fields replace, `envVars` merge. */
export function inheritEnv(parent: RuntimeEnv | undefined, child: RuntimeEnv | undefined): RuntimeEnv | undefined {
  if (parent === undefined || child === undefined) return child ?? parent;
  const merged = { ...parent, ...child };
  if (parent.envVars === undefined || child.envVars === undefined) return merged;
  return { ...merged, envVars: { ...parent.envVars, ...child.envVars } };
}
