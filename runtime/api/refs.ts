import { type Entry, ObjectRef } from "../caller/mod.ts";
import { ObjectRefGenerator } from "../remote/mod.ts";

/** The entry of a ref; anything else gets an error that says what was given and what to do. */
export function entryOf(value: unknown, what: string): Entry {
  if (ObjectRef.is(value)) return ObjectRef.entryOf(value);
  if (ObjectRefGenerator.is(value)) {
    throw new TypeError(`${what} takes ObjectRefs, and was given an ObjectRefGenerator; iterate it with \`for await\`, or use its completed()`);
  }
  if (typeof (value as PromiseLike<unknown> | null)?.then === "function") {
    throw new TypeError(`${what} takes ObjectRefs, and was given a promise; await it first`);
  }
  throw new TypeError(`${what} takes ObjectRefs, and was given ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array inside an array";
  if (typeof value === "object") return `an object of class ${value.constructor?.name ?? "(none)"}`;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
