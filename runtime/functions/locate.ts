/** Finds, in the user's modules, the syntax from which a live function was made. */
import { type FunctionShape, parameterCount } from "./free_variables.ts";
import type { ModuleLookup, ModuleSource } from "./module_source.ts";
import type { ModuleSyntax } from "./module_syntax.ts";
import type { Declaration, ImportedName, Scope } from "./scope.ts";
import { resolveSpecifier } from "./specifier.ts";
import type { SourcePosition } from "./stack_frame.ts";
import { expressionForm, type FunctionForm, field, list, nameOf, type Syntax, unwrapped } from "./syntax.ts";

/** A function's syntax and the module it is in. */
export interface Located {
  readonly source: ModuleSource;
  readonly syntax: ModuleSyntax;
  readonly node: Syntax;
  /** The scope in which the function is made. */
  readonly scope: Scope;
  /** The name under which its module exports it, if it does. */
  readonly exportName?: string | undefined;
}

/** A function imported from a module whose source cannot be read or does not show it. */
export interface ImportedFunction {
  readonly url: string | undefined;
  readonly name: string;
}

/** Where a function comes from; neither when its source was not found. */
export interface Origin {
  readonly located?: Located | undefined;
  readonly imported?: ImportedFunction | undefined;
}

/** An export of a readable module, followed through re-exports to what declares it. */
export interface FoundExport {
  readonly source: ModuleSource;
  readonly syntax: ModuleSyntax;
  readonly declaration?: Declaration | undefined;
  readonly value?: Syntax | undefined;
}

const MAX_REEXPORTS = 8;

/** Finds what a module at `url` exports as `name`; undefined when that cannot be read off its source. */
export function findExport(sources: ModuleLookup, imported: { url: string; name: string }): FoundExport | undefined {
  let { url, name } = imported;
  for (let hops = 0; hops < MAX_REEXPORTS; hops++) {
    const source = sources.find(url);
    const syntax = source?.syntax;
    const exported = syntax?.exports.get(name);
    if (source === undefined || syntax === undefined || exported === undefined) return undefined;
    const declaration = exported.local === undefined ? undefined : syntax.root.resolve(exported.local);
    const from = exported.from ?? declaration?.imported;
    if (from === undefined) return { source, syntax, declaration, value: exported.value ?? declaration?.value };
    const next = resolveSpecifier(from.specifier, source.url);
    if (next === undefined) return undefined;
    url = next;
    name = from.name;
  }
  return undefined;
}

/** Finds the syntax of the function with this shape that a call in one of `frames` was given. */
export function locate(shape: FunctionShape, frames: readonly SourcePosition[], sources: ModuleLookup): Origin {
  const locator = new Locator(shape, sources);
  return locator.byArgument(frames) ?? { located: locator.byText(frames) };
}

class Locator {
  readonly #shape: FunctionShape;
  readonly #sources: ModuleLookup;

  constructor(shape: FunctionShape, sources: ModuleLookup) {
    this.#shape = shape;
    this.#sources = sources;
  }

  /** Looks at what was passed in the calls on the stack: first the call of `remote`, then those of wrappers around it. */
  byArgument(frames: readonly SourcePosition[]): Origin | undefined {
    for (const frame of frames) {
      const source = this.#sources.find(frame.url);
      const syntax = source?.syntax;
      const offset = source?.offsetOf(frame);
      const call = offset === undefined ? undefined : syntax?.callAt(offset);
      if (source === undefined || syntax === undefined || call === undefined) continue;
      for (const argument of list(call.node, "arguments")) {
        const origin = this.#origin(argument, call.scope, { source, syntax }) ?? this.#inside(argument, { source, syntax });
        if (origin !== undefined) return origin;
      }
    }
    return undefined;
  }

  /** Looks for a function of this shape anywhere in the modules of the stack; several that mean the same by every free name will do. */
  byText(frames: readonly SourcePosition[]): Located | undefined {
    for (const url of new Set(frames.map((frame) => frame.url))) {
      const source = this.#sources.find(url);
      const syntax = source?.syntax;
      if (source === undefined || syntax === undefined) continue;
      const alike = syntax.functions.filter(({ node, form }) => this.#fits(node, form) && this.#usesNames(node, syntax));
      const meanings = new Set(alike.map(({ scope }) => this.#shape.freeNames.map((name) => scope.resolve(name))).map(identityOf));
      if (meanings.size === 1 && alike[0] !== undefined) return this.#found(alike[0], { source, syntax });
    }
    return undefined;
  }

  #origin(expression: Syntax, scope: Scope, module: { source: ModuleSource; syntax: ModuleSyntax }): Origin | undefined {
    const node = unwrapped(expression);
    const form = expressionForm(node);
    if (form !== undefined) {
      return this.#fits(node, form) ? { located: this.#found({ node, scope }, module) } : undefined;
    }
    if (node.type === "Identifier") {
      const declaration = scope.resolve(nameOf(node) ?? "");
      if (declaration === undefined) return undefined;
      if (declaration.imported !== undefined) return this.#imported(declaration.imported, module.source);
      return declaration.value && this.#origin(declaration.value, declaration.scope, module);
    }
    const object = node.type === "MemberExpression" && node.computed !== true ? field(node, "object") : undefined;
    const imported = object?.type === "Identifier" ? scope.resolve(nameOf(object) ?? "")?.imported : undefined;
    if (imported?.name !== "*") return undefined;
    return this.#imported({ specifier: imported.specifier, name: nameOf(field(node, "property")) ?? "" }, module.source);
  }

  #imported({ specifier, name }: ImportedName, importer: ModuleSource): Origin {
    const url = resolveSpecifier(specifier, importer.url);
    const found = url === undefined ? undefined : findExport(this.#sources, { url, name });
    if (found?.value !== undefined) {
      const scope = found.declaration?.scope ?? found.syntax.root;
      const located = this.#origin(found.value, scope, found)?.located;
      if (located !== undefined) return { located, imported: { url, name } };
    }
    return { imported: { url, name } };
  }

  /** A function somewhere inside an argument: `remote({ work() {…} }.work)`, `remote(fast ? (x) => … : …)`. */
  #inside(argument: Syntax, module: { source: ModuleSource; syntax: ModuleSyntax }): Origin | undefined {
    const alike = module.syntax.functions.filter(
      ({ node, form }) => node.start >= argument.start && node.end <= argument.end && this.#fits(node, form) && this.#usesNames(node, module.syntax),
    );
    return alike.length === 1 && alike[0] !== undefined ? { located: this.#found(alike[0], module) } : undefined;
  }

  #found({ node, scope }: { node: Syntax; scope: Scope }, module: { source: ModuleSource; syntax: ModuleSyntax }): Located {
    const { source, syntax } = module;
    return { source, syntax, node, scope, exportName: exportNameOf(node, syntax) };
  }

  #fits(node: Syntax, form: FunctionForm): boolean {
    const shape = this.#shape;
    if (form !== shape.form) return false;
    if (form === "class") return sameName(field(node, "id"), field(shape.node, "id"));
    return (
      (node.async === true) === shape.isAsync &&
      (node.generator === true) === shape.isGenerator &&
      parameterCount(node) === shape.parameterCount &&
      (form === "arrow" || sameName(field(node, "id"), field(shape.node, "id")))
    );
  }

  /** The transpiler may drop uses (dead code) but adds none, save its own helpers (`__name`). */
  #usesNames(node: Syntax, syntax: ModuleSyntax): boolean {
    const outer = syntax.outerNamesOf(node);
    return this.#shape.freeNames.every((name) => outer.has(name) || name.startsWith("_"));
  }
}

/** The export name of the function with this syntax, or of the top-level variable that holds it. */
function exportNameOf(node: Syntax, syntax: ModuleSyntax): string | undefined {
  for (const [exported, { local, value }] of syntax.exports) {
    if (value === node) return exported;
    const held = local === undefined ? undefined : syntax.root.resolve(local)?.value;
    if (held === node) return exported;
  }
  return undefined;
}

function sameName(one: Syntax | undefined, other: Syntax | undefined): boolean {
  return nameOf(one) === nameOf(other);
}

const identities = new WeakMap<object, number>();
let nextIdentity = 1;

function identityOf(declarations: readonly (object | undefined)[]): string {
  return declarations
    .map((declaration) => {
      if (declaration === undefined) return 0;
      const identity = identities.get(declaration) ?? nextIdentity++;
      identities.set(declaration, identity);
      return identity;
    })
    .join(",");
}
