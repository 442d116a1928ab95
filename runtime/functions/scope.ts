/** Lexical scopes: which names a stretch of code declares, and what a name used there refers to. */
import type { Syntax } from "./syntax.ts";

/**
 * What makes a scope. `function`: parameters, run later. `field`: an instance field's initialiser, run
 * later. `static`: a static field or block, run with the class. `base`: names given from outside.
 */
export type ScopeKind = "base" | "module" | "function" | "body" | "field" | "static" | "class" | "block";

export type DeclarationKind = "import" | "const" | "let" | "var" | "function" | "class" | "parameter" | "implicit" | "given";

/** Where an imported name comes from. `name` is `*` for a namespace import, `default` for a default import. */
export interface ImportedName {
  readonly specifier: string;
  readonly name: string;
}

/** One declared name. */
export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  readonly scope: Scope;
  /** The function, class or initialiser expression that gives the name its value, where it has a plain one. */
  readonly value?: Syntax | undefined;
  readonly imported?: ImportedName | undefined;
  /** Where the name stands in the text, for declarations that have no value before they are evaluated. */
  readonly initialisedAt?: number | undefined;
}

const FUNCTION_NAMES: ReadonlySet<string> = new Set(["this", "arguments", "new.target"]);
const METHOD_NAMES: ReadonlySet<string> = new Set(["this", "arguments", "new.target", "super"]);
const FIELD_NAMES: ReadonlySet<string> = new Set(["this", "new.target", "super"]);

/** The names that a scope binds by itself, without a declaration. */
export const implicitNames: {
  readonly function: ReadonlySet<string>;
  readonly method: ReadonlySet<string>;
  readonly field: ReadonlySet<string>;
} = { function: FUNCTION_NAMES, method: METHOD_NAMES, field: FIELD_NAMES };

/** A scope and the names declared in it. */
export class Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | undefined;
  /** True when the code here runs only when some function is called, not while the module is evaluated. */
  readonly deferred: boolean;
  /** True under `if (import.meta.main)`: never run in a worker. */
  readonly mainOnly: boolean;
  readonly #names = new Map<string, Declaration>();
  readonly #implicit: ReadonlySet<string> | undefined;

  constructor(kind: ScopeKind, parent?: Scope, options: { implicit?: ReadonlySet<string>; mainOnly?: boolean } = {}) {
    this.kind = kind;
    this.parent = parent;
    this.deferred = kind === "function" || kind === "field" || (parent?.deferred ?? false);
    this.mainOnly = options.mainOnly === true || (parent?.mainOnly ?? false);
    this.#implicit = options.implicit;
  }

  /** Declares a name here. The first declaration stands, but a later one that says more (a value) replaces it. */
  declare(name: string, kind: DeclarationKind, more: Pick<Declaration, "value" | "imported" | "initialisedAt"> = {}): void {
    const before = this.#names.get(name);
    if (before !== undefined && (before.value !== undefined || more.value === undefined)) return;
    this.#names.set(name, { name, kind, scope: this, ...more });
  }

  /** The declaration that `name` refers to when used here; undefined when nothing in this tree declares it. */
  resolve(name: string): Declaration | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const found = scope.#names.get(name);
      if (found !== undefined) return found;
      if (scope.#implicit?.has(name) === true) return { name, kind: "implicit", scope };
    }
    return undefined;
  }

  /** The scope that takes a `var` declared here. */
  get hoist(): Scope {
    let scope: Scope = this;
    while ((scope.kind === "block" || scope.kind === "class") && scope.parent !== undefined) scope = scope.parent;
    return scope;
  }

  /** True when this scope is `other` or lies in it. */
  within(other: Scope): boolean {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) if (scope === other) return true;
    return false;
  }
}
