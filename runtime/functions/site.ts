/** Where a remote function was defined: the user's call of `remote(…)`. */
import { framesOf, type SourcePosition } from "./stack_frame.ts";

/**
 * Names one definition: the positions of the user's frames on the stack of `remote(…)`, innermost first,
 * and a running number when the same stack defines more than once. The same in every realm that runs
 * the same module in the same runtime.
 */
export type SiteKey = string & { readonly __brand: "SiteKey" };

/** The most user frames that tell definitions apart; deeper stacks count as cut off. */
export const MAX_USER_FRAMES = 8;
const INTERNAL_FRAMES = 6;
/** How many frames of this package may stand between the user's call and a value in its arguments. */
export const VALUE_DEPTH = 64;

const packageRoot = new URL("../../", import.meta.url).href;
const INSIDE = /^(?:runtime|boot|actors|net)\/|^mod\.[jt]s$/;

const hidden = new Set<string>();

/** True for code of this package that stands between the user and this room. */
export function isPackageCode(url: string): boolean {
  return hidden.has(url) || (url.startsWith(packageRoot) && INSIDE.test(url.slice(packageRoot.length)));
}

/** Counts the module at `url` as part of this package: a wrapper around `remote`, or a stand-in for it in tests. */
export function treatAsPackageCode(url: string): void {
  hidden.add(url);
}

/** A call stack, kept cheaply (some microseconds): it is turned into text only when asked for. */
export class CallSite {
  #error: Error | undefined;
  #frames: readonly SourcePosition[] | undefined;

  constructor(internalFrames: number = INTERNAL_FRAMES) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = MAX_USER_FRAMES + internalFrames;
    this.#error = new Error();
    Error.stackTraceLimit = limit;
  }

  /** The user's frames, innermost first. Empty when there is none on the stack. */
  get frames(): readonly SourcePosition[] {
    this.#frames ??= framesOf(traceOf(this.#error))
      .filter(({ url }) => !isPackageCode(url))
      .slice(0, MAX_USER_FRAMES);
    this.#error = undefined;
    return this.#frames;
  }
}

/** One definition: what was defined, from where, and when in this realm's order. */
export class DefinitionSite {
  readonly fn: object;
  /** Counts definitions in this realm. */
  readonly sequence: number;
  readonly #call: CallSite = new CallSite();
  #key: SiteKey | undefined;

  constructor(fn: object) {
    this.fn = fn;
    this.sequence = nextSequence++;
    unresolved.push(this);
    if (unresolved.length >= MAX_UNRESOLVED) resolveSites();
  }

  get frames(): readonly SourcePosition[] {
    return this.#call.frames;
  }

  /** Undefined when no frame of the user's was on the stack. */
  get key(): SiteKey | undefined {
    resolveSites();
    return this.#key;
  }

  /** Gives this site its key; the order of calls is the order of definition. */
  number(): void {
    if (this.frames.length === 0) return;
    const stack = this.frames.map(positionKey).join(" < ");
    const before = timesDefined.get(stack) ?? 0;
    timesDefined.set(stack, before + 1);
    this.#key = siteKey(stack, before);
  }
}

let nextSequence = 0;
const MAX_UNRESOLVED = 256;
const timesDefined = new Map<string, number>();
/** Sites whose traces nobody has looked at yet, in order of definition: their numbers depend on it. */
let unresolved: DefinitionSite[] = [];

function resolveSites(): void {
  const sites = unresolved;
  unresolved = [];
  for (const site of sites) site.number();
}

/** Notes where `remote(…)` was called, in some microseconds. Call it from `remote` itself, not in tail position. */
export function defineSite(fn: object): DefinitionSite {
  return new DefinitionSite(fn);
}

/** Notes where a function is passed as a value, for `analyseValue`. */
export function captureCallSite(): CallSite {
  return new CallSite();
}

/** A position as text, the unit of which site keys are made. */
export function positionKey({ url, line, column }: SourcePosition): string {
  return `${url}:${line}:${column}`;
}

/** The key of the `ordinal`th definition with this stack. */
export function siteKey(stack: string, ordinal: number): SiteKey {
  return (ordinal === 0 ? stack : `${stack} #${ordinal}`) as SiteKey;
}

/** The same key for the first definition with the same stack. */
export function firstOrdinal(key: SiteKey): SiteKey {
  return key.replace(/ #\d+$/, "") as SiteKey;
}

/** Programs may format traces their own way (`Error.prepareStackTrace`); here the engine's way is needed. */
function traceOf(error: Error | undefined): string {
  const formatter = Error as { prepareStackTrace?: unknown };
  const theirs = formatter.prepareStackTrace;
  if (typeof theirs !== "function") return String(error?.stack);
  formatter.prepareStackTrace = undefined;
  try {
    return String(error?.stack);
  } finally {
    formatter.prepareStackTrace = theirs;
  }
}
