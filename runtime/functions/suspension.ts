/** Where the evaluation of a module stops for ever when a worker imports it: its first top-level wait for the cluster. */
import type { MobulaNames } from "./mobula_names.ts";
import type { ModuleSyntax } from "./module_syntax.ts";
import type { Scope } from "./scope.ts";
import { children, field, nameOf, type Syntax } from "./syntax.ts";

/** Exports that answer at once also while a worker imports the module. */
const IMMEDIATE = /^(?:remote|registerSerializer|isInitialized|[A-Z].*)$/;

/**
 * The index after which nothing of the module runs in a worker: the end of the first `await` outside
 * functions that waits for this package, directly or through functions of the module. Infinity if none.
 */
export function suspensionPoint(module: ModuleSyntax, names: MobulaNames): number {
  const waits = new Waits(module, names);
  for (const { node, scope } of module.awaits) {
    if (!scope.mainOnly && waits.inside(waited(node), scope)) return waited(node).end;
  }
  return Number.POSITIVE_INFINITY;
}

/** What is evaluated before an `await` suspends: the body of `for await` is not. */
function waited(node: Syntax): Syntax {
  return node.type === "ForOfStatement" ? (field(node, "right") ?? node) : node;
}

class Waits {
  readonly #module: ModuleSyntax;
  readonly #names: MobulaNames;
  readonly #seen = new Set<Syntax>();

  constructor(module: ModuleSyntax, names: MobulaNames) {
    this.#module = module;
    this.#names = names;
  }

  /** True when evaluating `node` waits for the cluster, as far as this module's text tells. */
  inside(node: Syntax, scope: Scope): boolean {
    if (node.type === "CallExpression" && this.#call(node)) return true;
    for (const child of children(node)) if (this.inside(child, scope)) return true;
    return false;
  }

  #call(node: Syntax): boolean {
    const callee = field(node, "callee");
    const scope = this.#module.callOf(node)?.scope;
    if (callee === undefined || scope === undefined) return false;
    const exported = this.#names.exportOf(callee, scope);
    if (exported !== undefined) return !IMMEDIATE.test(exported);
    if (callee.type === "MemberExpression" && nameOf(field(callee, "property")) === "remote") return true;
    if (callee.type !== "Identifier") return false;
    const called = scope.resolve(nameOf(callee) ?? "")?.value;
    if (called === undefined || !/Function/.test(called.type) || this.#seen.has(called)) return false;
    this.#seen.add(called);
    const body = field(called, "body");
    return body !== undefined && this.inside(body, scope);
  }
}
