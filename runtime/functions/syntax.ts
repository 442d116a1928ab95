/**
 * Parsing: user modules (JavaScript or TypeScript) and the text of single functions.
 * The only file of this room that loads a parser (6-9 ms the first time in a realm).
 */
import { tsPlugin } from "@sveltejs/acorn-typescript";
import { type Options, Parser } from "acorn";

/** An ESTree node, read by field name. Offsets are UTF-16 indices into the parsed text. */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** How a function or class is written. A getter or setter is not callable and cannot travel. */
export type FunctionForm = "arrow" | "function" | "class" | "method" | "accessor";

/** The text of one function, parsed. */
export interface FunctionSyntax {
  readonly form: FunctionForm;
  /** The function or class itself; for a method the part from its parameters on. */
  readonly node: Syntax;
}

const MODULE: Options = { ecmaVersion: "latest", sourceType: "module", allowHashBang: true };
const LONE_FUNCTION: Options = { ...MODULE, checkPrivateFields: false, allowSuperOutsideMethod: true };
const SHIPPED: Options = { ...LONE_FUNCTION, allowReturnOutsideFunction: true };

const dialects = new Map<string, typeof Parser>();

function dialect(url: string): typeof Parser {
  const extension = /\.([cm]?[jt]sx?)(?:[?#]|$)/.exec(url)?.[1] ?? "ts";
  const known = dialects.get(extension);
  if (known !== undefined) return known;
  const parser = /^[cm]?js$/.test(extension)
    ? Parser
    : Parser.extend(tsPlugin(extension.endsWith("x") ? { jsx: {} } : {}) as unknown as (base: typeof Parser) => typeof Parser);
  dialects.set(extension, parser);
  return parser;
}

/** Parses a module; the file extension in `url` picks the dialect. Throws SyntaxError. */
export function parseModule(text: string, url: string): Syntax {
  return dialect(url).parse(withoutConstParameters(text), MODULE) as unknown as Syntax;
}

/** The parser does not know `const` type parameters (`<const T>`); blanks keep every position. */
function withoutConstParameters(text: string): string {
  return text.includes("const ") ? text.replace(/(?<=[<,]\s*)const(?=\s+\w+\s*(?:extends\b|=|,|>))/g, "     ") : text;
}

/** Parses the body that a shipped function was compiled from (a script with a top-level `return`). Throws SyntaxError. */
export function parseShipped(text: string): Syntax {
  return Parser.parse(text, SHIPPED) as unknown as Syntax;
}

/** Parses what `Function.prototype.toString` gave; undefined when it is no function this parser knows (native code). */
export function parseFunction(text: string): FunctionSyntax | undefined {
  return asExpression(text) ?? asMethod(text);
}

function asExpression(text: string): FunctionSyntax | undefined {
  try {
    const node = Parser.parseExpressionAt(text, 0, LONE_FUNCTION) as unknown as Syntax;
    const form = expressionForm(node);
    // `async(x) {…}` as a method parses as a call of `async`: the rest of the text tells.
    return form !== undefined && text.slice(node.end).trim() === "" ? { form, node } : undefined;
  } catch {
    return undefined;
  }
}

function asMethod(text: string): FunctionSyntax | undefined {
  try {
    const object = Parser.parseExpressionAt(`{${text}}`, 0, LONE_FUNCTION) as unknown as Syntax;
    const property = list(object, "properties")[0];
    const value = property && field(property, "value");
    if (property === undefined || value === undefined) return undefined;
    const form = property.kind !== "init" ? "accessor" : property.method === true ? "method" : undefined;
    // The wrapping brace moved every offset by one.
    return form && { form, node: shifted(value, -1) };
  } catch {
    return undefined;
  }
}

/** The form of a function or class node that stands as an expression or a declaration. */
export function expressionForm(node: Syntax): FunctionForm | undefined {
  switch (node.type) {
    case "ArrowFunctionExpression":
      return "arrow";
    case "FunctionExpression":
    case "FunctionDeclaration":
      return "function";
    case "ClassExpression":
    case "ClassDeclaration":
      return "class";
    default:
      return undefined;
  }
}

/** The child node of that name, if it is there. */
export function field(node: Syntax, name: string): Syntax | undefined {
  const value = node[name];
  return isSyntax(value) ? value : undefined;
}

/** The child nodes of that name; holes of array patterns are left out. */
export function list(node: Syntax, name: string): readonly Syntax[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isSyntax) : [];
}

/** The `name` of an identifier, or the value of a string literal used as a name. */
export function nameOf(node: Syntax | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (typeof node.name === "string") return node.name;
  return typeof node.value === "string" ? node.value : undefined;
}

/** Every child node in order. */
export function* children(node: Syntax): Iterable<Syntax> {
  for (const name in node) {
    const value = node[name];
    if (typeof value !== "object" || value === null || name === "loc") continue;
    if (Array.isArray(value)) yield* value.filter(isSyntax);
    else if (isSyntax(value)) yield value;
  }
}

/** Takes off what does not change the value: `as`, `satisfies`, `!`, `<T>x`, an optional chain. */
export function unwrapped(node: Syntax): Syntax {
  let inner = node;
  while (/^(TS(As|Satisfies|NonNull|Instantiation)Expression|TSTypeAssertion|ParenthesizedExpression|ChainExpression)$/.test(inner.type)) {
    inner = field(inner, "expression") ?? inner;
  }
  return inner;
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === "object" && value !== null && typeof (value as Syntax).type === "string";
}

function shifted(node: Syntax, by: number): Syntax {
  const moved: Record<string, unknown> = {};
  for (const name in node) {
    const value = node[name];
    if (name === "start" || name === "end") moved[name] = (value as number) + by;
    else if (Array.isArray(value)) moved[name] = value.map((item: unknown) => (isSyntax(item) ? shifted(item, by) : item));
    else moved[name] = isSyntax(value) ? shifted(value, by) : value;
  }
  return moved as unknown as Syntax;
}
