/** How a function or class reaches a worker: plain data, the same for every place that gets it. */
import { sha256 } from "../platform/mod.ts";
import type { Binding } from "./binding.ts";
import type { SiteKey } from "./site.ts";

/** The text travels. Nothing of the user's module runs in the worker. */
export interface SourceDefinition {
  readonly kind: "source";
  /** For people: the function's or variable's name, `""` when it has none. */
  readonly name: string;
  /** A JavaScript expression whose value is the function or class. */
  readonly source: string;
  /** What the free names of `source`, beside globals, stand for. */
  readonly bindings: readonly Binding[];
  /** Where it was written, for stack traces. */
  readonly url?: string | undefined;
  readonly line?: number | undefined;
  /** A hash of the defining module when `bindings` refer to other definitions there. */
  readonly version?: string | undefined;
}

/** The worker imports the module. At least one of `site` and `exportName` is there. */
export interface ModuleDefinition {
  readonly kind: "module";
  readonly name: string;
  readonly url: string;
  /** The definition that registers itself while the module is evaluated. */
  readonly site?: SiteKey | undefined;
  /** The export that is the function itself, or the remote function made from it. */
  readonly exportName?: string | undefined;
  /** A hash of the module's text, where it can be read: two versions of a script have different ids. */
  readonly version?: string | undefined;
}

export type Definition = SourceDefinition | ModuleDefinition;

/** A stable hash of a definition's content: 32 hexadecimal digits. Values of captures are no part of it. */
export function definitionId(definition: Definition): string {
  return sha256(JSON.stringify(parts(definition))).slice(0, 32);
}

/** `import("file:…")` in a function's text: relative specifiers were made absolute when it was analysed. */
export const IMPORTS_FILE: RegExp = /(\bimport\(\s*)"(file:[^"\\]+)"/g;

/** The files whose modules a definition needs, by their URLs. */
export function filesOf(definition: Definition): string[] {
  const urls =
    definition.kind === "module"
      ? [definition.url]
      : [
          ...definition.bindings.flatMap((binding) => (binding.kind === "import" ? [binding.url] : [])),
          ...[...definition.source.matchAll(IMPORTS_FILE)].map(([, , url = ""]) => url),
        ];
  return [...new Set(urls.filter((url) => url.startsWith("file:")))];
}

function parts(definition: Definition): readonly unknown[] {
  if (definition.kind === "module") {
    const { name, url, site, exportName, version } = definition;
    return ["module", name, url, site ?? null, exportName ?? null, version ?? null];
  }
  const { name, source, bindings, url, line, version } = definition;
  return ["source", name, source, bindings.map(bindingParts), url ?? null, line ?? null, version ?? null];
}

function bindingParts(binding: Binding): readonly unknown[] {
  switch (binding.kind) {
    case "mobula":
      return [binding.name, binding.kind, binding.specifier, binding.export];
    case "remote":
      return [binding.name, binding.kind, binding.site];
    case "import":
      return [binding.name, binding.kind, binding.url, binding.export];
    case "capture":
    case "self":
      return [binding.name, binding.kind];
  }
}
