import type { BaseIssue } from "valibot";

/** A value as a message shows it: short, and told apart by type. */
export function show(value: unknown): string {
  if (typeof value === "string") return shorten(JSON.stringify(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const text = JSON.stringify(value);
    if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return shorten(text);
  } catch {
    // Circular, or with a toJSON that throws: its kind will do.
  }
  return `an instance of ${value.constructor?.name ?? "Object"}`;
}

/** The error for a key nobody knows: `RangeError`, with the nearest name and all that are allowed. */
export function unknownKey(what: string, key: string, allowed: readonly string[]): RangeError {
  const nearest = closest(key, allowed);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return new RangeError(`${what}: unknown option "${key}".${hint} Allowed: ${[...allowed].sort().join(", ")}.`);
}

/** The error for a value: `TypeError` when its type is wrong, else `RangeError`. */
export function wrongValue(what: string, path: string, issue: BaseIssue<unknown>): Error {
  const stray = strayKey(issue);
  if (stray !== undefined) return unknownKey(`${what}, option "${path}"`, stray.key, stray.allowed);
  const Kind = isTypeProblem(issue) ? TypeError : RangeError;
  return new Kind(`${what}: option "${path}" must be ${issue.message}, not ${show(issue.input)}.`);
}

/** The allowed name nearest to what was typed, if one is near. */
export function closest(typed: string, allowed: readonly string[]): string | undefined {
  const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();
  let best: string | undefined;
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const name of allowed) {
    const distance = editDistance(plain(typed), plain(name));
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A number that is NaN, or a string outside a list, has the right type and the wrong value. */
function isTypeProblem(issue: BaseIssue<unknown>): boolean {
  if (issue.kind === "validation") return false;
  if (issue.type === "picklist") return typeof issue.input !== "string";
  return !(issue.type === "number" && typeof issue.input === "number");
}

// A nested bag's schema is made by `nested`, whose message is the list of its keys.
function strayKey(issue: BaseIssue<unknown>): { key: string; allowed: readonly string[] } | undefined {
  if (issue.type !== "strict_object" || issue.expected !== "never") return undefined;
  const key = issue.path?.at(-1)?.key;
  if (typeof key !== "string") return undefined;
  return { key, allowed: issue.message.split(", ") };
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
