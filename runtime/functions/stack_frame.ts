/** Reads the frames of a stack trace, the same in Bun (JavaScriptCore) and Deno (V8). */

/** A place in a source file. Lines and columns count from 1, columns in UTF-16 units, as in stack traces. */
export interface SourcePosition {
  /** Always a URL: a path in a trace is turned into a `file:` URL. */
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

// `at name (place:1:2)`, `at place:1:2`; V8 writes `place, <anonymous>:1:2` for compiled text with a source URL.
const FRAME = /^\s*at (?:.*? \((?=\/|[a-zA-Z][\w+.-]*:))?(.+?)(?:, <anonymous>)?:(\d+):(\d+)\)?$/;
const RUNTIME_INTERNAL = /^(?:node|ext|native|bun|deno|internal|wasm|<)/;

/**
 * The positions in a trace, innermost first, without the runtime's own frames. Frames of awaiting
 * functions (`at async …`) are left out: they are not on the stack, and not every runtime shows them.
 */
export function framesOf(stack: string): SourcePosition[] {
  const frames: SourcePosition[] = [];
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (match === null || /^\s*at (?:async |.*\(eval at )/.test(line)) continue;
    const [, place = "", row, column] = match;
    if (RUNTIME_INTERNAL.test(place) || !/^(?:\/|[a-zA-Z][\w+.-]*:)/.test(place)) continue;
    frames.push({ url: asUrl(place), line: Number(row), column: Number(column) });
  }
  return frames;
}

function asUrl(place: string): string {
  if (/^[a-zA-Z]:[\\/]/.test(place)) return `file:///${escaped(place.replaceAll("\\", "/"))}`;
  if (/^[a-zA-Z][\w+.-]*:/.test(place)) return place.startsWith("file:") ? encodeSpaces(place) : place;
  return `file://${escaped(place)}`;
}

/** Percent-encodes a path as `pathToFileURL` does. */
function escaped(path: string): string {
  return encodeSpaces(path.replaceAll("%", "%25").replaceAll("?", "%3F").replaceAll("#", "%23"));
}

/** Deno shows `file:` URLs decoded; the URL parser encodes again what must be. */
function encodeSpaces(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url.replaceAll(" ", "%20");
}
