/** The source of users' modules: read once, parsed only when a name must be looked up in it. */
import { readFileSync } from "node:fs";
import { sha256 } from "../platform/mod.ts";
import { ModuleSyntax } from "./module_syntax.ts";
import { shippedSource } from "./shipped_source.ts";
import type { SourcePosition } from "./stack_frame.ts";

/** One module's text, as it was when first asked for. */
export class ModuleSource {
  readonly url: string;
  readonly text: string;
  #syntax: ModuleSyntax | null | undefined;
  #hash: string | undefined;
  #lines: readonly number[] | undefined;
  #imported: ReadonlySet<string> | undefined;
  readonly #declares = new Map<string, boolean>();

  constructor(url: string, text: string) {
    this.url = url;
    this.text = text;
  }

  /** A hash of the text. */
  get hash(): string {
    this.#hash ??= sha256(this.text).slice(0, 16);
    return this.#hash;
  }

  get isParsed(): boolean {
    return this.#syntax !== undefined;
  }

  /** The parsed module; undefined when it cannot be parsed. */
  get syntax(): ModuleSyntax | undefined {
    if (this.#syntax === undefined) {
      try {
        this.#syntax = new ModuleSyntax(this.text, { url: this.url, given: shippedSource(this.url)?.bindings });
      } catch {
        this.#syntax = null;
      }
    }
    return this.#syntax ?? undefined;
  }

  /** The index in the text of a position; undefined when the text has no such line. */
  offsetOf({ line, column }: SourcePosition): number | undefined {
    const start = this.#lineStarts[line - 1];
    return start === undefined ? undefined : start + column - 1;
  }

  /** The position of an index in the text. */
  positionOf(offset: number): SourcePosition {
    const after = this.#lineStarts.findIndex((start) => start > offset);
    const line = after < 0 ? this.#lineStarts.length : after;
    return { url: this.url, line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  get #lineStarts(): readonly number[] {
    this.#lines ??= lineStarts(this.text);
    return this.#lines;
  }

  /**
   * False only when the text surely declares no such name anywhere: every mention of it is plainly a use
   * (`name(`, `name.`, `new name`, `.name`). A cheap test that spares most programs the parser.
   */
  mayDeclare(name: string): boolean {
    let answer = this.#declares.get(name);
    if (answer === undefined) {
      answer = mentionsBeyondUse(this.text, name);
      this.#declares.set(name, answer);
    }
    return answer;
  }

  /** False only when the text surely has no import of this name. */
  mayImport(name: string): boolean {
    this.#imported ??= new Set([...this.text.matchAll(/^\s*import\b([^'"]*)/gm)].flatMap(([, clause = ""]) => clause.split(/[^\w$]+/)));
    return this.#imported.has(name);
  }
}

/** Finds the source of a module; undefined when it cannot be read. */
export interface ModuleLookup {
  find(url: string): ModuleSource | undefined;
}

/** Reads modules from files, each once. */
export class ModuleSources implements ModuleLookup {
  readonly #known = new Map<string, ModuleSource | undefined>();

  /** The module at `url`, also by the file names that runtimes try for it; undefined when it cannot be read. */
  find(url: string): ModuleSource | undefined {
    const shipped = shippedSource(url);
    if (!this.#known.has(url)) this.#known.set(url, shipped === undefined ? read(url) : new ModuleSource(url, shipped.text));
    return this.#known.get(url);
  }
}

function read(url: string): ModuleSource | undefined {
  if (!url.startsWith("file:")) return undefined;
  const bare = url.replace(/[?#].*$/, "");
  const others = /\.[cm]?jsx?$/.test(bare) ? [bare.replace(/\.([cm]?)js(x?)$/, ".$1ts$2")] : [`${bare}.ts`, `${bare}.tsx`, `${bare}.js`];
  for (const candidate of [bare, ...others]) {
    try {
      const text = readFileSync(new URL(candidate), "utf8");
      return new ModuleSource(candidate === bare ? url : candidate, text);
    } catch {
      // Not there, a folder, or not permitted: the next name, and in the end no source at all.
    }
  }
  return undefined;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n?|[\n\u2028\u2029]/g)) starts.push(match.index + match[0].length);
  return starts;
}

const DECLARING_WORD = /(?:^|[^\w$.])(?:function|class|import|const|let|var|enum|namespace|using|as)[\s*]*$/;
const USING_WORD = /(?:^|[^\w$.])(?:new|typeof|instanceof|extends|await|return|throw|yield|void|of|in)\s+$/;

function mentionsBeyondUse(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const before = text.slice(Math.max(0, at - 40), at);
    const after = text.slice(at + name.length, at + name.length + 20);
    if (/[\w$]$/.test(before) || /^[\w$]/.test(after)) continue;
    if (/(?:^|[^.])\.\s*$/.test(before) || USING_WORD.test(before)) continue;
    if (/^\s*(?:[(.[`<]|\?\.)/.test(after) && !DECLARING_WORD.test(before)) continue;
    return true;
  }
  return false;
}
