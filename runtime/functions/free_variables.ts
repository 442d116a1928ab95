/** What a function's own text says about it: its form, and the names it uses but does not declare. */

import { Scope } from "./scope.ts";
import { buildScopes } from "./scope_builder.ts";
import { type FunctionForm, field, list, nameOf, parseFunction, type Syntax } from "./syntax.ts";

/** A function's text, understood. */
export interface FunctionShape {
  readonly text: string;
  readonly form: FunctionForm;
  readonly node: Syntax;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  readonly parameterCount: number;
  /**
   * Every name used and not declared, in order of first use. Besides identifiers: `this`, `arguments`,
   * `super`, `new.target`, `import.meta` and `#private` where they belong to something outside.
   */
  readonly freeNames: readonly string[];
  /** Those of `freeNames` that are used only in `typeof name`. */
  readonly typeofOnly: ReadonlySet<string>;
  /** The specifiers of `import(…)` expressions, as nodes of `text`. */
  readonly dynamicImports: readonly Syntax[];
}

/** A bound on remembered texts; a program has far fewer distinct functions. */
const MAX_REMEMBERED = 2048;
const remembered = new Map<string, FunctionShape | undefined>();

/**
 * Parses the text of a function or class. Undefined when it is not one: native code, a bound function, or
 * syntax this parser does not know. Remembered by text, so that a lambda in a loop is parsed once.
 */
export function shapeOf(text: string): FunctionShape | undefined {
  if (remembered.has(text)) return remembered.get(text);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const shape = understand(text);
  remembered.set(text, shape);
  return shape;
}

function understand(text: string): FunctionShape | undefined {
  const parsed = parseFunction(text);
  if (parsed === undefined) return undefined;
  const { form, node } = parsed;
  const found = buildScopes(node, new Scope("base"), form);
  const uses = new Map<string, boolean>();
  for (const { name, scope, typeofOnly } of found.references) {
    if (isOwnName(node, name) || scope.resolve(name) !== undefined) continue;
    uses.set(name, (uses.get(name) ?? true) && typeofOnly);
  }
  return {
    text,
    form,
    node,
    isAsync: node.async === true,
    isGenerator: node.generator === true,
    parameterCount: parameterCount(node),
    freeNames: [...uses.keys()],
    typeofOnly: new Set([...uses].filter(([, only]) => only).map(([name]) => name)),
    dynamicImports: found.dynamicImports,
  };
}

/** The number of parameters, without TypeScript's `this`. For a class: 0. */
export function parameterCount(node: Syntax): number {
  return list(node, "params").filter((parameter) => nameOf(parameter) !== "this").length;
}

/** A declaration's own name, bound to itself again when its text is evaluated as an expression. */
function isOwnName(node: Syntax, name: string): boolean {
  return nameOf(field(node, "id")) === name;
}
