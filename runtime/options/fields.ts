import * as v from "valibot";
import { isPlainObject } from "./bag.ts";

/**
 * The small schemas options are made of. Every schema's message completes the
 * sentence "option x must be …".
 */
export type Field<T = unknown> = v.GenericSchema<T, T>;

/** A whole number from `least` on, and `infinite` (-1) besides where that is allowed. */
export function count(least: number, text: string, also?: number): Field<number> {
  return v.pipe(
    v.number(text),
    v.check((value) => Number.isSafeInteger(value) && (value >= least || value === also), text),
  );
}

/** A share of a resource: 0 or more, rounded to steps of 0.0001. */
export function share(of: string): Field<number> {
  const text = `a number of ${of}, 0 or more, no finer than 0.0001`;
  return v.pipe(v.number(text), v.check(isShare, text));
}

/** `share`, and whole above 1: half a device can be shared, one and a half cannot. */
export const devices: Field<number> = v.pipe(
  share("GPUs"),
  v.check((value) => value <= 1 || Number.isInteger(value), "a whole number of GPUs when above 1"),
);

export const memoryBytes: Field<number> = count(0, "a whole number of bytes, 0 or more");

/** A positive, finite number of milliseconds. */
export const timeout: Field<number> = (() => {
  const text = "a finite number of milliseconds above 0";
  return v.pipe(
    v.number(text),
    v.check((value) => Number.isFinite(value) && value > 0, text),
  );
})();

/** Milliseconds to wait at most; 0 means not at all. */
export const patience: Field<number> = (() => {
  const text = "a finite number of milliseconds, 0 or more";
  return v.pipe(
    v.number(text),
    v.check((value) => Number.isFinite(value) && value >= 0, text),
  );
})();

export const flag: Field<boolean> = v.boolean("true or false");

export const signal: Field<AbortSignal> = v.instance(AbortSignal, "an AbortSignal");

/** A string that is not empty. */
export function text(what: string): Field<string> {
  return v.pipe(v.string(`${what}, a string`), v.nonEmpty(`${what}, not empty`));
}

/** Characters of what the control store knows by its name, at most. */
export const MAX_NAME_LENGTH = 1_024;

/** What the control store can know something by: U+0000 parts namespace and name in its keys. */
export function named(what: string): Field<string> {
  return v.pipe(
    text(what),
    v.check(
      (value) => value.length <= MAX_NAME_LENGTH && value.isWellFormed() && !value.includes("\0"),
      `${what} of at most ${MAX_NAME_LENGTH} characters, well-formed and without U+0000`,
    ),
  );
}

export function oneOf<const T extends readonly string[]>(values: T): Field<T[number]> {
  return v.picklist(values, `one of ${values.map((value) => `"${value}"`).join(", ")}`) as unknown as Field<T[number]>;
}

/** A plain object all of whose values fit. */
export function recordOf<T>(value: Field<T>, text: string, keys: Field<string> = v.string()): Field<Record<string, T>> {
  return v.pipe(v.custom<Record<string, T>>(isPlainObject, text), v.record(keys, value, text)) as unknown as Field<Record<string, T>>;
}

/** An object with no keys but these. The message about a key too many is the list of them. */
export function nested<E extends v.ObjectEntries>(entries: E): v.GenericSchema {
  const keys = Object.keys(entries).join(", ");
  return v.strictObject(entries, (issue) => {
    if (issue.expected === "never") return keys;
    return issue.expected === "Object" ? `an object of ${keys}` : "given";
  });
}

/** Custom resource names and amounts. */
export const customResources: Field<Record<string, number>> = (() => {
  const reserved = new Map([
    ["CPU", "numCpus"],
    ["cpu", "numCpus"],
    ["numCpus", "numCpus"],
    ["GPU", "numGpus"],
    ["gpu", "numGpus"],
    ["numGpus", "numGpus"],
    ["memory", "memory"],
    ["object_store_memory", "objectStoreMemory"],
    ["objectStoreMemory", "objectStoreMemory"],
  ]);
  return v.pipe(
    recordOf(share("units"), "an object of custom resource names and amounts"),
    v.check(
      (resources) => Object.keys(resources).every((name) => name !== "" && !reserved.has(name)),
      (issue) => {
        const name = Object.keys(issue.input).find((key) => key === "" || reserved.has(key)) ?? "";
        return name === ""
          ? "custom resources with names that are not empty"
          : `custom resources only ("${name}" is stated with the option ${reserved.get(name)})`;
      },
    ),
  );
})();

function isShare(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= 1e11 && (value === 0 || value >= 0.00005);
}
