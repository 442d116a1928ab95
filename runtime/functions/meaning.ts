/** What the free names of a located function mean: a binding that can travel, a global, or an obstacle. */
import type { Binding } from "./binding.ts";
import { isGlobalName } from "./globals.ts";
import { findExport, type Located } from "./locate.ts";
import type { MobulaPredicate } from "./mobula_import.ts";
import { MobulaNames } from "./mobula_names.ts";
import type { ModuleLookup, ModuleSource } from "./module_source.ts";
import { anchorsOf } from "./module_syntax.ts";
import type { Declaration } from "./scope.ts";
import type { SiteKey } from "./site.ts";
import type { SiteRegistry } from "./site_registry.ts";
import { resolveSpecifier } from "./specifier.ts";
import type { Syntax } from "./syntax.ts";

/**
 * Why a name cannot travel: `local` to an enclosing function; `module`: declared by the module; `import`:
 * imported by it (with the binding that could stand for it, where its URL is known); `unknown`: declared
 * nowhere to be seen; `syntax`: `super`, `#private`, `import.meta`, which belong to the place where they are written.
 */
export interface Obstacle {
  readonly name: string;
  readonly kind: "local" | "module" | "import" | "unknown" | "syntax";
  readonly why: string;
  readonly binding?: Binding | undefined;
  /** Where the variable gets its value, as an index in the located module. */
  readonly initialisedAt?: number | undefined;
}

export type Meaning = { readonly binding: Binding } | { readonly obstacle: Obstacle } | "global";

export interface MeaningOptions {
  readonly sources: ModuleLookup;
  readonly registry: SiteRegistry;
  readonly isMobula: MobulaPredicate;
  /** When the function that uses the names was defined, in this realm's order of definitions. */
  readonly sequence: number;
}

/** Names that are syntax, with no variable behind them. */
export function isSyntaxName(name: string): boolean {
  return name === "super" || name === "import.meta" || name.startsWith("#");
}

/** What `name` means inside a located function. */
export function meaningOf(name: string, located: Located, options: MeaningOptions): Meaning {
  if (isSyntaxName(name)) {
    return {
      obstacle: { name, kind: "syntax", why: `it uses \`${name}\`, which has a meaning only where it is written` },
    };
  }
  const declaration = located.scope.resolve(name);
  if (declaration === undefined) return undeclared(name, located);
  if (declaration.value === located.node) return { binding: { name, kind: "self" } };
  const { source, syntax } = located;
  const names = new MobulaNames(syntax, { url: source.url, isMobula: options.isMobula });
  const given = declaration.kind === "given" ? syntax.given.get(name) : undefined;
  if (given !== undefined && given.kind !== "capture") return { binding: given };
  const mobula = names.bindingOf(declaration);
  if (mobula !== undefined) return { binding: mobula };
  if (declaration.imported !== undefined) return ofImport(declaration, source, options);
  const call = names.remoteCall(declaration.value);
  if (call !== undefined) return ofRemote(name, { call, source }, options);
  return { obstacle: ofVariable(declaration, source) };
}

/** What `name` means when nothing is known about where the function was written. */
export function meaningNowhere(name: string): Meaning {
  if (isGlobalName(name)) return "global";
  return {
    obstacle: { name, kind: "unknown", why: `it uses ${name}, and the source that declares it cannot be read` },
  };
}

function undeclared(name: string, { source }: Located): Meaning {
  if (name === "this" || name === "arguments" || name === "new.target") {
    return { obstacle: { name, kind: "module", why: `it uses \`${name}\` of the module around it` } };
  }
  if (isGlobalName(name)) return "global";
  return {
    obstacle: {
      name,
      kind: "unknown",
      why: `it uses ${name}, which ${source.url} does not declare and workers do not have`,
    },
  };
}

function ofVariable(declaration: Declaration, source: ModuleSource): Obstacle {
  const { name, scope, kind, initialisedAt } = declaration;
  if (kind === "given") return { name, kind: "local", why: `it uses ${name}, a captured value of the function around it` };
  if (kind === "implicit") return { name, kind: "local", why: `it uses \`${name}\` of the function around it` };
  if (scope.deferred) return { name, kind: "local", why: `it uses ${name}, a local variable of the function around it` };
  return { name, kind: "module", why: `it uses ${name}, which ${source.url} declares`, initialisedAt };
}

function ofImport(declaration: Declaration, source: ModuleSource, options: MeaningOptions): Meaning {
  const { name, imported } = declaration;
  const specifier = imported?.specifier ?? "";
  const url = resolveSpecifier(specifier, source.url);
  const exported = imported?.name ?? name;
  const found = url === undefined ? undefined : findExport(options.sources, { url, name: exported });
  if (found !== undefined) {
    const names = new MobulaNames(found.syntax, { url: found.source.url, isMobula: options.isMobula });
    const call = names.remoteCall(found.value);
    const site = call && siteOf(call, found.source, options);
    if (site !== undefined) return { binding: { name, kind: "remote", site } };
  }
  const binding: Binding | undefined = url === undefined ? undefined : { name, kind: "import", url, export: exported };
  return { obstacle: { name, kind: "import", why: `it uses ${name}, imported from "${specifier}"`, binding } };
}

function ofRemote(name: string, { call, source }: { call: Syntax; source: ModuleSource }, options: MeaningOptions): Meaning {
  const site = siteOf(call, source, options);
  if (site !== undefined) return { binding: { name, kind: "remote", site } };
  const why = `it uses the remote function ${name}, which is not defined yet at its first use`;
  return { obstacle: { name, kind: "module", why } };
}

function siteOf(call: Syntax, source: ModuleSource, { registry, sequence }: MeaningOptions): SiteKey | undefined {
  for (const anchor of anchorsOf(call)) {
    const key = registry.nearest(source.positionOf(anchor), sequence);
    if (key !== undefined) return key;
  }
  return undefined;
}
