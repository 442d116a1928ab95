/** What a free name of a travelling function stands for, so that the worker can give it the same meaning. */
import type { SiteKey } from "./site.ts";

/** Which entry point of this package a name comes from. */
export type MobulaEntry = "." | "./util";

/**
 * - `mobula`: an export of this package; `export` is `*` for the namespace, `default` is never used.
 * - `remote`: another remote function or actor class, by the key of its definition in the realm that sent this.
 * - `capture`: a value passed with the option `captures`.
 * - `self`: the function itself, under the name of the variable that holds it.
 * - `import`: an export of a module that the worker imports (only with the option `importBindings`).
 */
export type Binding =
  | { readonly name: string; readonly kind: "mobula"; readonly specifier: MobulaEntry; readonly export: string }
  | { readonly name: string; readonly kind: "remote"; readonly site: SiteKey }
  | { readonly name: string; readonly kind: "capture" }
  | { readonly name: string; readonly kind: "self" }
  | { readonly name: string; readonly kind: "import"; readonly url: string; readonly export: string };

/** A binding that comes from outside the compiled text. */
export type OuterBinding = Exclude<Binding, { kind: "self" }>;
