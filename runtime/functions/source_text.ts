/** Turns a function's text into an expression that can be evaluated elsewhere. */
import type { FunctionShape } from "./free_variables.ts";
import { resolveSpecifier } from "./specifier.ts";
import { nameOf } from "./syntax.ts";

/**
 * An expression for the function: its text, with a method put back into an object, and relative
 * `import("./x")` made absolute, since they would otherwise be resolved from this package.
 */
export function sourceExpression(shape: FunctionShape, options: { name: string; moduleUrl: string | undefined }): string {
  const { text, start } = withAbsoluteImports(shape, options.moduleUrl);
  if (shape.form !== "method") return text;
  // A computed key may use names of its own; the function's name says what it came to.
  const key = JSON.stringify(options.name);
  return `({ ${shape.isAsync ? "async " : ""}${shape.isGenerator ? "*" : ""}${key}${text.slice(start)} })[${key}]`;
}

function withAbsoluteImports(shape: FunctionShape, moduleUrl: string | undefined): { text: string; start: number } {
  let { text } = shape;
  const lastFirst = [...shape.dynamicImports].sort((a, b) => b.start - a.start);
  for (const specifier of lastFirst) {
    const written = specifier.type === "Literal" ? nameOf(specifier) : undefined;
    if (written === undefined || moduleUrl === undefined || !/^\.{0,2}\//.test(written)) continue;
    const absolute = resolveSpecifier(written, moduleUrl);
    if (absolute !== undefined) text = text.slice(0, specifier.start) + JSON.stringify(absolute) + text.slice(specifier.end);
  }
  return { text, start: shape.node.start };
}
