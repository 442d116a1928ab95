import { children, isSyntax, literalText, type Syntax } from "./syntax.ts";

/** A use of something global: `["Date", "now"]` for `Date.now` as for `globalThis.Date["now"]`. */
export interface GlobalUse {
  readonly path: readonly string[];
  readonly line: number;
}

/** Lexical scopes, innermost last, each with the names declared in it. */
type Scopes = readonly ReadonlySet<string>[];

const globalObjects = new Set(["globalThis", "self", "window", "global"]);

/** Names that stand for a place in the syntax and refer to nothing. */
const nameFields: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ["property"],
  Property: ["key"],
  PropertyDefinition: ["key"],
  AccessorProperty: ["key"],
  MethodDefinition: ["key"],
  LabeledStatement: ["label"],
  BreakStatement: ["label"],
  ContinueStatement: ["label"],
  MetaProperty: ["meta", "property"],
  ImportAttribute: ["key"],
  ImportSpecifier: ["imported", "local"],
  ImportDefaultSpecifier: ["local"],
  ImportNamespaceSpecifier: ["local"],
  ExportSpecifier: ["exported"],
  ExportAllDeclaration: ["exported"],
};

/** Where a type or a type's syntax around an expression refers to a value; its other names are its own. */
const typeReferences = new Set(["expression", "typeName", "exprName", "left"]);

/** The uses of globals in a module: names that it neither declares nor imports. */
export function globalUses(module: Syntax): GlobalUse[] {
  const uses: GlobalUse[] = [];
  visit(module, [], uses);
  return uses;
}

function visit(node: Syntax, outer: Scopes, uses: GlobalUse[]): void {
  const names = new Set(declaredNames(node));
  const scopes = names.size > 0 ? [...outer, names] : outer;
  const line = node.loc.start.line;
  const use = (path: readonly string[]) => void uses.push({ path, line });

  const path = globalPath(node, scopes);
  if (path !== undefined) return use(path);
  if (node.type === "VariableDeclarator") for (const key of patternKeys(node, scopes)) use(key);
  if (node.type === "NewExpression" && (node["arguments"] as unknown[]).length === 0) {
    const callee = globalPath(node["callee"], scopes);
    if (callee !== undefined) use(["new", ...callee]);
  }
  if (node.type === "BinaryExpression" && node["operator"] === "in") {
    const name = literalText(node["left"]);
    if (name !== undefined && globalPath(node["right"], scopes)?.length === 0) use([name]);
  }
  for (const [field, child] of children(node)) {
    if (child.type === "Identifier" && !isReference(node, field)) continue;
    if (node.type === "ExportNamedDeclaration" && isSyntax(node["source"]) && field === "specifiers") continue;
    visit(child, scopes, uses);
  }
}

function isReference(parent: Syntax, field: string): boolean {
  if (parent.type.startsWith("TS")) return typeReferences.has(field);
  return parent["computed"] === true || !nameFields[parent.type]?.includes(field);
}

/** The path from the global object that an expression names; empty for the global object itself. */
function globalPath(node: unknown, scopes: Scopes): string[] | undefined {
  if (!isSyntax(node)) return undefined;
  switch (node.type) {
    case "Identifier": {
      const name = node["name"] as string;
      if (scopes.some((names) => names.has(name))) return undefined;
      return globalObjects.has(name) ? [] : [name];
    }
    case "MemberExpression": {
      const object = globalPath(node["object"], scopes);
      const property = node["property"] as Syntax;
      const name = node["computed"] ? literalText(property) : property["name"];
      return object !== undefined && typeof name === "string" ? [...object, name] : undefined;
    }
    case "TSQualifiedName": {
      const left = globalPath(node["left"], scopes);
      return left && [...left, (node["right"] as Syntax)["name"] as string];
    }
    case "ChainExpression":
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
      return globalPath(node["expression"], scopes);
    default:
      return undefined;
  }
}

/** What `const { a, b: c } = Global` takes out of a global. */
function patternKeys({ id, init }: Syntax, scopes: Scopes): string[][] {
  const from = globalPath(init, scopes);
  if (from === undefined || !isSyntax(id) || id.type !== "ObjectPattern") return [];
  const keys = (id["properties"] as Syntax[]).map(({ key }) => (isSyntax(key) ? key["name"] : undefined));
  return keys.filter((key) => typeof key === "string").map((key) => [...from, key]);
}

/** The names that a node declares for what lies within it. `var` is taken as if it were `let`. */
function* declaredNames(node: Syntax): Generator<string> {
  if (Array.isArray(node["params"])) for (const param of node["params"]) yield* boundNames(param);
  if (node.type === "FunctionExpression" || node.type === "ClassExpression") yield* boundNames(node["id"]);
  if (node.type === "CatchClause") yield* boundNames(node["param"]);
  const cases = node.type === "SwitchStatement" ? (node["cases"] as Syntax[]).map((each) => each["consequent"]) : [];
  for (const place of [node["body"], node["init"], node["left"], ...cases]) {
    for (const statement of Array.isArray(place) ? place : [place]) {
      if (isSyntax(statement)) yield* statementNames(statement);
    }
  }
}

function* statementNames(statement: Syntax): Generator<string> {
  // `declare const Deno` only says that the global is there.
  if (statement["declare"] === true) return;
  if (statement.type.startsWith("Export") && isSyntax(statement["declaration"])) {
    yield* statementNames(statement["declaration"]);
  } else if (statement.type === "VariableDeclaration") {
    for (const { id } of statement["declarations"] as Syntax[]) yield* boundNames(id);
  } else if (statement.type === "ImportDeclaration") {
    for (const { local } of statement["specifiers"] as Syntax[]) yield* boundNames(local);
  } else if (statement.type.endsWith("Declaration")) {
    yield* boundNames(statement["id"]);
  }
}

/** The names that a pattern binds. */
function* boundNames(pattern: unknown): Generator<string> {
  if (!isSyntax(pattern)) return;
  if (pattern.type === "Identifier") yield pattern["name"] as string;
  for (const part of [pattern["elements"], pattern["properties"]]) {
    for (const element of Array.isArray(part) ? part : []) yield* boundNames(element);
  }
  if (pattern.type === "Property") yield* boundNames(pattern["value"]);
  if (pattern.type === "AssignmentPattern") yield* boundNames(pattern["left"]);
  if (pattern.type === "RestElement") yield* boundNames(pattern["argument"]);
}
