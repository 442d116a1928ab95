/** Walks syntax once and says what each scope declares and which names are used where. */
import { type DeclarationKind, implicitNames, Scope } from "./scope.ts";
import { children, expressionForm, type FunctionForm, field, list, nameOf, type Syntax, unwrapped } from "./syntax.ts";

/** A name used as a value. Besides identifiers: `this`, `arguments`, `super`, `new.target`, `import.meta`, `#private`. */
export interface Reference {
  readonly name: string;
  readonly scope: Scope;
  readonly start: number;
  /** Only asked for its type (`typeof name`): allowed to be undeclared. */
  readonly typeofOnly: boolean;
}

/** A function or class in the walked syntax. `scope` is the one it is evaluated in. */
export interface FunctionSite {
  readonly node: Syntax;
  readonly form: FunctionForm;
  readonly scope: Scope;
}

/** A node and the scope it is evaluated in. */
export interface Placed {
  readonly node: Syntax;
  readonly scope: Scope;
}

/** What a walk found, in source order. */
export interface Scoped {
  readonly references: readonly Reference[];
  readonly functions: readonly FunctionSite[];
  readonly calls: readonly Placed[];
  /** Every `await` outside functions: expressions, `for await` and `await using`. */
  readonly awaits: readonly Placed[];
  /** The specifier expressions of every `import(…)`. */
  readonly dynamicImports: readonly Syntax[];
}

/** Declares in `scope` and below what `node` declares, and collects what it uses. Types of TypeScript are passed over. */
export function buildScopes(node: Syntax, scope: Scope, form?: FunctionForm): Scoped {
  const builder = new ScopeBuilder();
  if (form === "method") builder.functionLike(node, scope, { binds: implicitNames.function });
  else builder.visit(node, scope);
  return builder;
}

class ScopeBuilder implements Scoped {
  readonly references: Reference[] = [];
  readonly functions: FunctionSite[] = [];
  readonly calls: Placed[] = [];
  readonly awaits: Placed[] = [];
  readonly dynamicImports: Syntax[] = [];

  visit(node: Syntax, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        return this.#refer(node, scope);
      case "ThisExpression":
        return this.#refer(node, scope, "this");
      case "Super":
        return this.#refer(node, scope, "super");
      case "PrivateIdentifier":
        return this.#refer(node, scope, `#${nameOf(node)}`);
      case "JSXIdentifier":
        return /^[A-Z]/.test(nameOf(node) ?? "") ? this.#refer(node, scope) : undefined;
      case "MetaProperty":
        return this.#refer(node, scope, `${nameOf(field(node, "meta"))}.${nameOf(field(node, "property"))}`);
      case "UnaryExpression":
        return this.#unary(node, scope);
      case "MemberExpression":
        this.#visitField(node, "object", scope);
        return this.#visitKey(node, "property", scope);
      case "Property":
        return this.#property(node, scope);
      case "FunctionDeclaration":
        this.#declareName(node, scope, "function");
        return this.functionLike(node, scope);
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return this.functionLike(node, scope);
      case "ClassDeclaration":
      case "ClassExpression":
        return this.#class(node, scope);
      case "VariableDeclaration":
        return this.#variables(node, scope);
      case "ImportDeclaration":
        return this.#imports(node, scope);
      case "ExportNamedDeclaration":
        return this.#namedExports(node, scope);
      case "ExportAllDeclaration":
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "LabeledStatement":
        return this.#visitField(node, "body", scope);
      case "BlockStatement":
      case "SwitchStatement":
      case "ForStatement":
      case "ForInStatement":
        return this.#visitChildren(node, new Scope("block", scope));
      case "ForOfStatement":
        if (node.await === true) this.#await(node, scope);
        return this.#visitChildren(node, new Scope("block", scope));
      case "AwaitExpression":
        this.#await(node, scope);
        return this.#visitChildren(node, scope);
      case "CatchClause":
        return this.#catch(node, scope);
      case "IfStatement":
      case "ConditionalExpression":
        return this.#condition(node, scope);
      case "LogicalExpression":
        this.#visitField(node, "left", scope);
        return this.#visitField(node, "right", node.operator === "&&" ? guarded(field(node, "left"), scope).whenTrue : scope);
      case "CallExpression":
        this.calls.push({ node, scope });
        return this.#visitChildren(node, scope);
      case "ImportExpression":
        this.dynamicImports.push(field(node, "source") ?? node);
        return this.#visitChildren(node, scope);
      default:
        return node.type.startsWith("TS") ? this.#typescript(node, scope) : this.#visitChildren(node, scope);
    }
  }

  functionLike(node: Syntax, scope: Scope, options: { binds?: ReadonlySet<string>; form?: FunctionForm } = {}): void {
    const form = options.form ?? expressionForm(node) ?? "function";
    this.functions.push({ node, form, scope });
    const implicit = options.binds ?? (form === "arrow" ? undefined : implicitNames.function);
    const parameters = new Scope("function", scope, implicit === undefined ? {} : { implicit });
    if (node.type === "FunctionExpression") this.#declareName(node, parameters, "function");
    for (const parameter of list(node, "params")) this.#pattern(parameter, parameters, { kind: "parameter", into: parameters });
    const body = field(node, "body");
    if (body === undefined) return;
    // Parameter defaults do not see what the body declares: it gets a scope of its own.
    const inner = new Scope("body", parameters);
    if (body.type === "BlockStatement") this.#visitChildren(body, inner);
    else this.visit(body, inner);
  }

  #class(node: Syntax, scope: Scope): void {
    if (node.declare === true) return;
    if (node.type === "ClassDeclaration") this.#declareName(node, scope, "class");
    this.functions.push({ node, form: "class", scope });
    for (const decorator of list(node, "decorators")) this.visit(decorator, scope);
    const inner = new Scope("class", scope);
    this.#declareName(node, inner, "class");
    this.#visitField(node, "superClass", inner);
    const body = field(node, "body");
    const members = body === undefined ? [] : list(body, "body");
    for (const member of members) {
      const key = field(member, "key");
      if (key?.type === "PrivateIdentifier") inner.declare(`#${nameOf(key)}`, "class");
    }
    for (const member of members) this.#member(member, inner);
  }

  #member(member: Syntax, scope: Scope): void {
    if (member.type === "StaticBlock") return this.#visitChildren(member, new Scope("static", scope, { implicit: implicitNames.field }));
    if (member.type.startsWith("TS") || member.declare === true) return;
    for (const decorator of list(member, "decorators")) this.visit(decorator, scope);
    if (member.computed === true) this.#visitField(member, "key", scope);
    const value = field(member, "value");
    if (value === undefined) return;
    if (member.type === "MethodDefinition") {
      if (value.type === "FunctionExpression") this.functionLike(value, scope, { binds: implicitNames.method, form: methodForm(member) });
      return;
    }
    this.visit(value, new Scope(member.static === true ? "static" : "field", scope, { implicit: implicitNames.field }));
  }

  #property(node: Syntax, scope: Scope): void {
    if (node.computed === true) this.#visitField(node, "key", scope);
    const value = field(node, "value");
    if (value === undefined) return;
    if (node.method === true || node.kind === "get" || node.kind === "set") {
      this.functionLike(value, scope, { binds: implicitNames.method, form: methodForm(node) });
    } else this.visit(value, scope);
  }

  #variables(node: Syntax, scope: Scope): void {
    // `declare const x` promises a global of that name.
    if (node.declare === true) return;
    if (node.kind === "await using") this.#await(node, scope);
    const kind: DeclarationKind = node.kind === "var" ? "var" : node.kind === "let" ? "let" : "const";
    const into = kind === "var" ? scope.hoist : scope;
    for (const declarator of list(node, "declarations")) {
      const id = field(declarator, "id");
      const init = field(declarator, "init");
      if (id !== undefined) this.#pattern(id, scope, { kind, into, value: init });
      if (init !== undefined) this.visit(init, scope);
    }
  }

  /** Declares the names of a binding pattern; defaults and computed keys are evaluated in `scope`. */
  #pattern(node: Syntax, scope: Scope, to: { kind: DeclarationKind; into: Scope; value?: Syntax | undefined }): void {
    const each = { kind: to.kind, into: to.into };
    for (const decorator of list(node, "decorators")) this.visit(decorator, scope);
    switch (node.type) {
      case "Identifier":
        return to.into.declare(nameOf(node) ?? "", to.kind, {
          value: to.value && unwrapped(to.value),
          initialisedAt: to.kind === "const" || to.kind === "let" ? node.start : undefined,
        });
      case "ObjectPattern":
        for (const property of list(node, "properties")) {
          if (property.computed === true) this.#visitField(property, "key", scope);
          const value = field(property, property.type === "RestElement" ? "argument" : "value");
          if (value !== undefined) this.#pattern(value, scope, each);
        }
        return;
      case "ArrayPattern":
        for (const element of list(node, "elements")) this.#pattern(element, scope, each);
        return;
      case "AssignmentPattern":
        this.#patternField(node, "left", scope, each);
        return this.#visitField(node, "right", scope);
      case "RestElement":
        return this.#patternField(node, "argument", scope, each);
      case "TSParameterProperty":
        return this.#patternField(node, "parameter", scope, each);
    }
  }

  #patternField(node: Syntax, name: string, scope: Scope, to: { kind: DeclarationKind; into: Scope }): void {
    const inner = field(node, name);
    if (inner !== undefined) this.#pattern(inner, scope, to);
  }

  #catch(node: Syntax, scope: Scope): void {
    const inner = new Scope("block", scope);
    const parameter = field(node, "param");
    if (parameter !== undefined) this.#pattern(parameter, inner, { kind: "let", into: inner });
    this.#visitField(node, "body", inner);
  }

  #condition(node: Syntax, scope: Scope): void {
    const test = field(node, "test");
    const { whenTrue, whenFalse } = guarded(test, scope);
    if (test !== undefined) this.visit(test, scope);
    this.#visitField(node, "consequent", whenTrue);
    this.#visitField(node, "alternate", whenFalse);
  }

  #unary(node: Syntax, scope: Scope): void {
    const argument = field(node, "argument");
    if (argument === undefined) return;
    if (node.operator === "typeof" && argument.type === "Identifier") this.#refer(argument, scope, nameOf(argument), true);
    else this.visit(argument, scope);
  }

  #imports(node: Syntax, scope: Scope): void {
    if (node.importKind === "type") return;
    const specifier = nameOf(field(node, "source")) ?? "";
    for (const each of list(node, "specifiers")) {
      const local = nameOf(field(each, "local"));
      if (local === undefined || each.importKind === "type") continue;
      const name =
        each.type === "ImportNamespaceSpecifier" ? "*" : each.type === "ImportDefaultSpecifier" ? "default" : nameOf(field(each, "imported"));
      scope.declare(local, "import", { imported: { specifier, name: name ?? local } });
    }
  }

  #namedExports(node: Syntax, scope: Scope): void {
    if (node.exportKind === "type" || field(node, "source") !== undefined) return;
    this.#visitField(node, "declaration", scope);
  }

  #typescript(node: Syntax, scope: Scope): void {
    switch (node.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "TSExportAssignment":
        return this.#visitField(node, "expression", scope);
      case "TSEnumDeclaration":
      case "TSModuleDeclaration":
      case "TSImportEqualsDeclaration": {
        // What these do inside matters to nobody outside; their name does.
        const id = field(node, "id");
        if (node.declare !== true && id?.type === "Identifier") scope.declare(nameOf(id) ?? "", "const");
      }
    }
  }

  #await(node: Syntax, scope: Scope): void {
    if (!scope.deferred) this.awaits.push({ node, scope });
  }

  #refer(node: Syntax, scope: Scope, name: string = nameOf(node) ?? "", typeofOnly = false): void {
    this.references.push({ name, scope, start: node.start, typeofOnly });
  }

  #declareName(node: Syntax, scope: Scope, kind: "function" | "class"): void {
    const name = nameOf(field(node, "id"));
    if (name !== undefined) scope.declare(name, kind, { value: node, initialisedAt: kind === "class" ? node.start : undefined });
  }

  #visitKey(node: Syntax, name: string, scope: Scope): void {
    const key = field(node, name);
    if (key !== undefined && (node.computed === true || key.type === "PrivateIdentifier")) this.visit(key, scope);
  }

  #visitField(node: Syntax, name: string, scope: Scope): void {
    const child = field(node, name);
    if (child !== undefined) this.visit(child, scope);
  }

  #visitChildren(node: Syntax, scope: Scope): void {
    for (const child of children(node)) this.visit(child, scope);
  }
}

function methodForm(node: Syntax): FunctionForm {
  return node.kind === "get" || node.kind === "set" ? "accessor" : "method";
}

/** Scopes for the two outcomes of a test: the one taken only by the main module is marked so. */
function guarded(test: Syntax | undefined, scope: Scope): { whenTrue: Scope; whenFalse: Scope } {
  const sides = { whenTrue: scope, whenFalse: scope };
  if (test === undefined) return sides;
  if (asksWhetherMain(test)) sides.whenTrue = new Scope("block", scope, { mainOnly: true });
  const negated = test.type === "UnaryExpression" && test.operator === "!" ? field(test, "argument") : undefined;
  if (negated !== undefined && asksWhetherMain(negated)) sides.whenFalse = new Scope("block", scope, { mainOnly: true });
  return sides;
}

function asksWhetherMain(test: Syntax): boolean {
  if (test.type === "LogicalExpression" && test.operator === "&&") {
    return [field(test, "left"), field(test, "right")].some((side) => side !== undefined && asksWhetherMain(side));
  }
  return test.type === "MemberExpression" && nameOf(field(test, "property")) === "main" && field(test, "object")?.type === "MetaProperty";
}
