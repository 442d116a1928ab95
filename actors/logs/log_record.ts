const BEGIN = "\x1e";
const LABEL_END = "\x1f";

/** A child process's console text as it goes through its own streams: each line says which call printed it. */
export function writeRecord(label: string, text: string): string {
  return text
    .split("\n")
    .map((line) => `${BEGIN}${label}${LABEL_END}${line}\n`)
    .join("");
}

/** A line of a child process's stream. What its console did not write has no label. */
export interface LogLine {
  readonly label: string;
  readonly line: string;
}

function readLine(text: string): LogLine {
  const end = text.startsWith(BEGIN) ? text.indexOf(LABEL_END) : -1;
  return end < 0 ? { label: "", line: text } : { label: text.slice(1, end), line: text.slice(end + 1) };
}

/** A line longer than this is told in parts. */
const LONGEST_LINE = 64 * 1024;

/** Puts lines together again out of what a stream gives, which comes in any pieces. */
export class LineReader {
  #rest = "";

  push(text: string): LogLine[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LONGEST_LINE) lines.push(this.#rest.slice(0, LONGEST_LINE));
    this.#rest = this.#rest.length > LONGEST_LINE ? this.#rest.slice(LONGEST_LINE) : this.#rest;
    return lines.map(readLine);
  }

  /** What was written without an end of line. */
  end(): LogLine[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [readLine(rest)];
  }
}
