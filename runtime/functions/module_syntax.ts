/** A parsed module: its scopes, calls, functions and exports. */
import type { Binding } from "./binding.ts";
import { type Declaration, type ImportedName, Scope } from "./scope.ts";
import { buildScopes, type FunctionSite, type Placed, type Reference } from "./scope_builder.ts";
import { children, field, list, nameOf, parseModule, parseShipped, type Syntax, unwrapped } from "./syntax.ts";

/** What a module exports under a name: a name of its own, a bare value (`export default …`), or another module's. */
export interface ExportedName {
  readonly local?: string;
  readonly value?: Syntax;
  readonly from?: ImportedName;
}

/** How to read a text that is no module but was compiled from a travelling function. */
export interface ModuleSyntaxOptions {
  readonly url: string;
  /** The names bound for a shipped function; undefined for a module. */
  readonly given?: readonly Binding[] | undefined;
}

/** Throws SyntaxError when the text cannot be parsed. */
export class ModuleSyntax {
  readonly root: Scope;
  readonly given: ReadonlyMap<string, Binding>;
  readonly functions: readonly FunctionSite[];
  readonly awaits: readonly Placed[];
  readonly exports: ReadonlyMap<string, ExportedName>;
  readonly references: readonly Reference[];
  readonly #callsAt = new Map<number, Placed>();
  readonly #calls = new Map<Syntax, Placed>();

  constructor(text: string, options: ModuleSyntaxOptions) {
    const { url, given } = options;
    const program = given === undefined ? parseModule(text, url) : parseShipped(text);
    this.given = new Map(given?.map((binding) => [binding.name, binding]));
    const base = new Scope("base");
    for (const name of this.given.keys()) base.declare(name, "given");
    this.root = new Scope(given === undefined ? "module" : "function", base);
    const found = buildScopes(program, this.root);
    this.functions = found.functions;
    this.awaits = found.awaits;
    this.references = found.references;
    for (const call of found.calls) {
      this.#calls.set(call.node, call);
      for (const anchor of anchorsOf(call.node)) this.#callsAt.set(anchor, call);
    }
    this.exports = exportsOf(program);
  }

  /** The call whose position a stack trace gives as this index. */
  callAt(offset: number): Placed | undefined {
    return this.#callsAt.get(offset);
  }

  /** The call with this syntax. */
  callOf(node: Syntax): Placed | undefined {
    return this.#calls.get(node);
  }

  /** The names that a function in this module takes from outside itself, with what declares them. */
  outerNamesOf(node: Syntax): Map<string, Declaration | undefined> {
    const site = this.functions.find((each) => each.node === node);
    const names = new Map<string, Declaration | undefined>();
    for (const { name, scope, start } of this.references) {
      if (start < node.start || start >= node.end || site === undefined) continue;
      const declaration = scope.resolve(name);
      if (declaration === undefined || site.scope.within(declaration.scope)) names.set(name, declaration);
    }
    return names;
  }
}

/**
 * Where engines say a call is: at the name that is called, or, in JavaScriptCore without a source map (text that
 * was compiled at run time, or was transpiled before), right behind it.
 */
export function anchorsOf(call: Syntax): readonly number[] {
  const callee = field(call, "callee") ?? call;
  const inner = unwrapped(callee);
  const start = inner.type === "MemberExpression" ? field(inner, "property")?.start : undefined;
  return [start ?? callee.start, callee.end];
}

function exportsOf(program: Syntax): Map<string, ExportedName> {
  const exports = new Map<string, ExportedName>();
  for (const statement of list(program, "body")) {
    if (statement.exportKind === "type") continue;
    if (statement.type === "ExportDefaultDeclaration") addDefault(statement, exports);
    if (statement.type !== "ExportNamedDeclaration") continue;
    const specifier = nameOf(field(statement, "source"));
    for (const each of list(statement, "specifiers")) {
      const local = nameOf(field(each, "local")) ?? "";
      const exported = nameOf(field(each, "exported")) ?? local;
      exports.set(exported, specifier === undefined ? { local } : { from: { specifier, name: local } });
    }
    const declaration = field(statement, "declaration");
    for (const local of declaration === undefined ? [] : declaredNames(declaration)) exports.set(local, { local });
  }
  return exports;
}

function addDefault(statement: Syntax, exports: Map<string, ExportedName>): void {
  const declaration = field(statement, "declaration");
  if (declaration === undefined) return;
  const value = unwrapped(declaration);
  const local = nameOf(value.type === "Identifier" ? value : field(value, "id"));
  exports.set("default", local === undefined ? { value } : { local, value });
}

function declaredNames(declaration: Syntax): string[] {
  const id = nameOf(field(declaration, "id"));
  if (id !== undefined) return [id];
  return list(declaration, "declarations").flatMap((declarator) => {
    const pattern = field(declarator, "id");
    return pattern === undefined ? [] : patternNames(pattern);
  });
}

function patternNames(pattern: Syntax): string[] {
  if (pattern.type === "Identifier") return [nameOf(pattern) ?? ""];
  return [...children(pattern)]
    .filter((child) => !child.type.startsWith("TS"))
    .flatMap((child) => (child.type === "Property" ? patternNames(field(child, "value") ?? child) : patternNames(child)));
}
