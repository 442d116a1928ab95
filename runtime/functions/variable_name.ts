/** The name of the variable that a definition is assigned to, read off the line it is on. */
import type { ModuleLookup } from "./module_source.ts";
import type { SourcePosition } from "./stack_frame.ts";

// The position is at the called name, or behind it in text without a source map.
const ASSIGNED = /(?:(?:const|let|var)\s+([\w$]+)\s*(?::(?:[^=]|=>)*)?=|([\w$]+)\s*[:=])\s*\(?[\w$.\s]*$/;

/** The name in `const name = remote(…)` or `name: remote(…)`; `""` when the call is not assigned to a name. */
export function variableNameAt(position: SourcePosition | undefined, sources: ModuleLookup): string {
  const source = position && sources.find(position.url);
  const offset = position && source?.offsetOf(position);
  if (source === undefined || offset === undefined) return "";
  const match = ASSIGNED.exec(source.text.slice(Math.max(0, offset - 200), offset).replace(/\/\*.*?\*\//gs, ""));
  return match?.[1] ?? match?.[2] ?? "";
}
