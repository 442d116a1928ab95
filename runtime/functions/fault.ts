/** What went wrong when a function could not be sent, or could not be found where it arrived. */

/** Facts about a function that cannot travel. */
export interface FunctionNotFoundDetails {
  /** The function's or variable's name, `""` when it has none. */
  readonly functionName: string;
  /** Why it cannot be found, one clause without a full stop. */
  readonly reason: string;
  /** The names used in it that a worker could not know. */
  readonly freeNames?: readonly string[];
  readonly moduleUrl?: string | undefined;
  /** Replaces the three ways to mend it, where they do not apply. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** A function or class cannot reach a worker. The message names the free names and the ways to mend it. */
export class FunctionNotFoundFault extends Error {
  override readonly name: string = "FunctionNotFoundFault";
  readonly functionName: string;
  readonly freeNames: readonly string[];
  readonly moduleUrl: string | undefined;
  readonly reason: string;

  constructor(details: FunctionNotFoundDetails) {
    super(describe(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.functionName = details.functionName;
    this.freeNames = details.freeNames ?? [];
    this.moduleUrl = details.moduleUrl;
    this.reason = details.reason;
  }
}

function describe({ functionName, reason, freeNames = [], moduleUrl, advice }: FunctionNotFoundDetails): string {
  const which = functionName === "" ? "this function" : `function "${functionName}"`;
  const where = moduleUrl === undefined ? "" : ` (defined in ${moduleUrl})`;
  return `${which}${where} cannot reach a worker: ${reason}. ${advice ?? threeWays(freeNames)}`;
}

function threeWays(freeNames: readonly string[]): string {
  const names = freeNames.filter((name) => /^[\w$]+$/.test(name) && name !== "this" && name !== "arguments" && name !== "super");
  const captures = names.length === 0 ? "{ … }" : `{ ${names.join(", ")} }`;
  return [
    `Mend it in one of three ways: pass the values with remote(fn, { captures: ${captures} });`,
    "define it at the top level of its module, above `await init()`, or in a module of its own that is imported;",
    "or make it self-contained, so that it uses nothing but its arguments, globals and other remote functions.",
  ].join(" ");
}
