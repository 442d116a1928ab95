import type { CommandDef } from "citty";

interface Flag {
  readonly type?: string;
  readonly alias?: string | string[];
  readonly required?: boolean;
}

/** The command line is wrong: one line that says what, and one that says what to do. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * The parser takes every flag; this refuses those that the command has not, and values that are missing.
 *
 * @throws UsageError
 */
export function checkFlags(args: readonly string[], command: CommandDef, title: string): void {
  const defined = (command.args ?? {}) as Readonly<Record<string, Flag>>;
  const flags = Object.entries(defined).filter(([, { type }]) => type !== "positional");
  const given = new Set<Flag>();
  const names = flags.flatMap(([name, { alias = [] }]) => [name, ...[alias].flat()]);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") return;
    if (!arg.startsWith("-") || arg === "-") {
      if (flags.length === Object.keys(defined).length) throw new UsageError(`unexpected "${arg}"`, `Try ${title} --help.`);
      continue;
    }
    const [flag = "", inline] = arg.split("=", 2);
    const name = flag.replace(/^--?/, "");
    const [, found] = flags.find(([each, { alias = [] }]) => each === name || [alias].flat().includes(name)) ?? [];
    if (found === undefined) {
      const near = nearest(name, names);
      throw new UsageError(`unknown flag ${flag}`, `${near === undefined ? "" : `Did you mean --${near}? `}Try ${title} --help.`);
    }
    if (inline !== undefined) given.add(found);
    if (found.type === "boolean" || inline !== undefined) continue;
    const value = args[++i];
    if (value === undefined || value.startsWith("-")) throw new UsageError(`${flag} needs a value`, `Try ${title} --help.`);
    given.add(found);
  }
  const [missing] = flags.find(([, flag]) => flag.required === true && !given.has(flag)) ?? [];
  if (missing !== undefined) throw new UsageError(`--${missing} is missing`, `Try ${title} --help.`);
}

/** The name that was probably meant; undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((each) => ({ each, distance: distance(name, each) }))
    .filter(({ each, distance }) => distance <= Math.max(1, each.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return best?.each;
}

/** How many letters have to be put in, left out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      const change = (row[k - 1] ?? 0) + (a[i - 1] === b[k - 1] ? 0 : 1);
      next.push(Math.min(change, (row[k] ?? 0) + 1, (next[k - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
