import { tsPlugin } from "@sveltejs/acorn-typescript";
import { Parser } from "acorn";

/** A node of the syntax tree: ESTree with TypeScript's additions. */
export interface Syntax {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [field: string]: unknown;
}

const TypeScriptParser = Parser.extend(tsPlugin() as never);

/** Parses a TypeScript or JavaScript module. Throws a `SyntaxError` with the position in its message. */
export function parseModule(text: string): Syntax {
  const options = { sourceType: "module", ecmaVersion: "latest", locations: true, allowHashBang: true } as const;
  return TypeScriptParser.parse(withoutConstParameters(text), options) as unknown as Syntax;
}

/** The parser does not know `const` type parameters (`<const T>`); blanks keep every position. */
function withoutConstParameters(text: string): string {
  return text.replace(/(?<=[<,]\s*)const(?=\s+\w+\s+(?:extends\b|=|,|>))/g, "     ");
}

export function isSyntax(value: unknown): value is Syntax {
  return typeof value === "object" && value !== null && typeof (value as Syntax).type === "string";
}

/** The nodes right below a node, each with the name of the field that holds it. */
export function* children(node: Syntax): Generator<[field: string, child: Syntax]> {
  for (const [field, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isSyntax(child)) yield [field, child];
  }
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The text of a string literal, or of a template without holes. */
export function literalText(node: unknown): string | undefined {
  if (!isSyntax(node)) return undefined;
  if (node.type === "TSLiteralType") return literalText(node["literal"]);
  if (node.type === "Literal" && typeof node["value"] === "string") return node["value"];
  const quasis = node.type === "TemplateLiteral" ? (node["quasis"] as { value: { cooked: string } }[]) : [];
  return quasis.length === 1 ? quasis[0]?.value.cooked : undefined;
}

/** Every module that the tree names: `import`, `export … from`, `import("…")`, and `import("…")` in a type. */
export function* imports(node: Syntax): Generator<Import> {
  const named = /^(Import|Export).*Declaration$|^ImportExpression$/.test(node.type) ? node["source"] : undefined;
  const specifier = literalText(node.type === "TSImportType" ? node["argument"] : named);
  if (specifier !== undefined) yield { specifier, line: node.loc.start.line };
  for (const [, child] of children(node)) yield* imports(child);
}
