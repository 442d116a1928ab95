/** Reads a source map from the source's side: where something of a source is in the text that was made of it. */
import type { SourceMap } from "../platform/mod.ts";

/** Lines and columns count from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** All from 0, as in the map. */
interface Segment {
  readonly column: number;
  readonly madeLine: number;
  readonly madeColumn: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** The positions in one text that was made of several sources. */
export class MadePositions {
  readonly #map: SourceMap;
  readonly #lines: readonly string[];
  /** By source and line. */
  #segments: Map<string, Segment[]> | undefined;

  constructor(map: SourceMap, text: string) {
    this.#map = map;
    this.#lines = text.split("\n");
  }

  /**
   * Where the call that a stack trace has at a position of a source is in the made text: at the name that is called,
   * where engines say that it is. Undefined when the map does not say.
   */
  callAt(source: string, { line, column }: TextPosition): TextPosition | undefined {
    this.#segments ??= segmentsOf(this.#map);
    const onLine = this.#segments.get(lineKey(source, line - 1)) ?? [];
    const nearest = onLine.reduce((found, segment) => (segment.column < column ? Math.max(found, segment.column) : found), -1);
    const candidates = onLine.filter((segment) => segment.column === nearest);
    const calls = candidates.map(({ madeLine, madeColumn }) => ({ line: madeLine, column: this.#calledName(madeLine, madeColumn) }));
    const call = calls.find((each) => each.column !== undefined);
    if (call?.column !== undefined) return { line: call.line + 1, column: call.column + 1 };
    const first = candidates[0];
    return first && { line: first.madeLine + 1, column: first.madeColumn + 1 };
  }

  /** Maps know the start of `ray.remote(…)`; engines name the position of `remote`. */
  #calledName(line: number, column: number): number | undefined {
    const chain = /^(?:[\w$]+\s*\??\.\s*)*(?=[\w$]+\s*\()/.exec(this.#lines[line]?.slice(column) ?? "");
    return chain === null ? undefined : column + chain[0].length;
  }
}

function lineKey(source: string, line: number): string {
  return `${line}:${source}`;
}

function segmentsOf({ sources, mappings }: SourceMap): Map<string, Segment[]> {
  const found = new Map<string, Segment[]>();
  let [source, line, column] = [0, 0, 0];
  mappings.split(";").forEach((made, madeLine) => {
    let madeColumn = 0;
    for (const segment of made.split(",")) {
      const [madeStep = 0, sourceStep, lineStep = 0, columnStep = 0] = numbersOf(segment);
      madeColumn += madeStep;
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep;
      column += columnStep;
      const key = lineKey(sources[source] ?? "", line);
      const onLine = found.get(key);
      if (onLine === undefined) found.set(key, [{ column, madeLine, madeColumn }]);
      else onLine.push({ column, madeLine, madeColumn });
    }
  });
  return found;
}

/** Base-64 numbers of variable length: five bits a digit, the sixth for "more", the lowest of all the sign. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = values.get(digit) ?? 0;
    value += (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
